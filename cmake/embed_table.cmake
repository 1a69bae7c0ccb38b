# Writes the text files named in LIST, one a line, as one C++ header OUTPUT with the sorted array
# SYMBOL of {name without extension, text}.
file(STRINGS ${LIST} files)
list(SORT files)
set(body "")
foreach(file IN LISTS files)
  file(READ ${file} text)
  get_filename_component(name ${file} NAME_WE)
  string(APPEND body "    {\"${name}\", R\"embed~(${text})embed~\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#pragma once\n#include <string_view>\n#include <utility>\n"
     "inline constexpr std::pair<std::string_view, std::string_view> ${SYMBOL}[] = {\n${body}};\n")
