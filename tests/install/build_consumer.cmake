# Configures, builds and runs consumer/ in a fresh folder, WORK.

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)

if(WAY STREQUAL "find_package")
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${BOBBIN_BUILD} --prefix ${prefix}
                  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()

# Of no build type, as it may be: the optimiser would take a minute and has nothing to say here. A
# unity build, all sources of a target in one, as users may have it: two of ours that use one name
# for different things are an error, and so is any warning.
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK}/build -G ${GENERATOR}
          -D CMAKE_CXX_COMPILER=${CXX}
          -D CMAKE_UNITY_BUILD=ON
          -D CMAKE_UNITY_BUILD_BATCH_SIZE=0
          -D CMAKE_COMPILE_WARNING_AS_ERROR=ON
          -D CMAKE_PREFIX_PATH=${prefix}
          -D CONSUMER_WAY=${WAY}
          -D CONSUMER_BOBBIN_SOURCE=${BOBBIN_SOURCE}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/build/consumer COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/build/host COMMAND_ERROR_IS_FATAL ANY)
