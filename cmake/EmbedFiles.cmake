# lifeboat_embed(TARGET VARIABLE FILE...)
#
# Puts text files into the binary: generates a source with
#   extern const std::map<std::string, std::string_view> VARIABLE;   (namespace lifeboat::embedded)
# keyed by the file's path relative to the calling folder.
function(lifeboat_embed target variable)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${variable}.cpp")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DVARIABLE=${variable}
            -DROOT=${CMAKE_CURRENT_SOURCE_DIR} "-DFILES=${ARGN}"
            -P "${CMAKE_SOURCE_DIR}/cmake/EmbedFilesScript.cmake"
        DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/cmake/EmbedFilesScript.cmake"
        VERBATIM)
    target_sources(${target} PRIVATE "${output}")
endfunction()
