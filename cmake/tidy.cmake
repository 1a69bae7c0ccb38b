# The checks of the source tree as ctest's `tidy.<check>`, and `tidy.self`: that each sees what is
# planted for it.
find_program(COOLKIT_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
execute_process(COMMAND ${COOLKIT_PYTHON} -B ${CMAKE_SOURCE_DIR}/tests/tidy/run.py --list
                OUTPUT_VARIABLE checks OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" checks "${checks}")
foreach(check ${checks})
  add_test(NAME tidy.${check}
           COMMAND ${COOLKIT_PYTHON} -B ${CMAKE_SOURCE_DIR}/tests/tidy/run.py ${check}
                   --root ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR})
  set_tests_properties(tidy.${check} PROPERTIES TIMEOUT 300 LABELS tidy)
endforeach()
add_test(NAME tidy.self
         COMMAND ${COOLKIT_PYTHON} -B -m unittest discover -s ${CMAKE_SOURCE_DIR}/tests/tidy)
set_tests_properties(tidy.self PROPERTIES TIMEOUT 120 LABELS tidy)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${CMAKE_SOURCE_DIR}/tests/tidy/run.py)
