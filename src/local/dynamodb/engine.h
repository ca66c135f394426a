// What the operations of the service share.
#pragma once

#include "local/dynamodb/items.h"
#include "local/dynamodb/stream_log.h"
#include "local/dynamodb/tables.h"
#include "local/site.h"

namespace lifeboat::local::dynamodb {

struct Engine {
    explicit Engine(Site& the_site) : site(the_site), tables(the_site), log(the_site), items(log) {}

    Site& site;
    Tables tables;
    StreamLog log;
    Items items;
};

}  // namespace lifeboat::local::dynamodb
