# Included before the libraries are looked for, when LIFEBOAT_STATIC is on: archives alone are found, and
# the program is linked without shared libraries.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
add_link_options(-static)
add_compile_definitions(LIFEBOAT_STATIC TOML_HEADER_ONLY=1)

# Called after they have been found: for packages that describe their shared library.
macro(lifeboat_use_static_libraries)
    set(LIFEBOAT_PUGIXML pugixml::static)
    set(LIFEBOAT_TOML "")  # all of it is in its headers
    set(LIFEBOAT_FMT fmt::fmt-header-only)  # Debian has no archive of it
    set_target_properties(spdlog::spdlog_header_only PROPERTIES
        INTERFACE_LINK_LIBRARIES "Threads::Threads;fmt::fmt-header-only")
endmacro()
