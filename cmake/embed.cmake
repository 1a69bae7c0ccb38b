# Writes INPUT as a C++ header OUTPUT that holds its text: kEmbedded_<file name, dots as _>.
file(READ ${INPUT} text)
get_filename_component(name ${INPUT} NAME)
string(REGEX REPLACE "[^A-Za-z0-9]" "_" symbol ${name})
file(WRITE ${OUTPUT} "#pragma once\n#include <string_view>\n"
     "inline constexpr std::string_view kEmbedded_${symbol} = R\"embed~(${text})embed~\";\n")
