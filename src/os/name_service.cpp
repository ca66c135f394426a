#include "os/name_service.h"

#ifdef LIFEBOAT_STATIC
#include <nss.h>

#include <initializer_list>
#endif

namespace lifeboat::os {

void use_builtin_name_service() {
#ifdef LIFEBOAT_STATIC
    __nss_configure_lookup("hosts", "files dns");
    for (const char* database : {"services", "protocols", "passwd", "group"})
        __nss_configure_lookup(database, "files");
#endif
}

}  // namespace lifeboat::os
