#include <map>

#include "base/json.h"
#include "flow/definition_reader.h"
#include "flow/distributed_map.h"

namespace lifeboat::flow {
namespace {

constexpr std::size_t kLongestLabel = 40;

// An object member, or null; reports what is no object.
const Json* object_member(DefinitionReader& reader, const Json& object, const char* field,
                          const std::string& where) {
    const Json* value = find(object, field);
    if (value == nullptr || value->is_object()) return value;
    reader.report("Expected value of type Object", where + "/" + field);
    return nullptr;
}

template <typename Choice>
Choice choose(DefinitionReader& reader, const Json& object, const char* field,
              const std::map<std::string, Choice>& known, Choice standard,
              const std::string& where) {
    if (!object.contains(field)) return standard;
    const auto found = known.find(reader.string(object, field, where));
    if (found != known.end()) return found->second;
    std::string names;
    for (const auto& [name, unused] : known)
        names += (names.empty() ? "" : ", ") + name;
    reader.report("Value must be one of " + names, where + "/" + field);
    return standard;
}

void parse_headers(DefinitionReader& reader, const Json& config, ItemReader& items,
                   const std::string& where) {
    const bool given = choose<bool>(reader, config, "CSVHeaderLocation",
                                    {{"FIRST_ROW", false}, {"GIVEN", true}}, false, where);
    const Json* headers = find(config, "CSVHeaders");
    if (given != (headers != nullptr))
        reader.report("CSVHeaders goes with CSVHeaderLocation GIVEN, and is required there", where);
    if (headers == nullptr) return;
    if (!headers->is_array() || headers->empty())
        return reader.report("A non-empty list of names is required", where + "/CSVHeaders");
    for (const Json& name : *headers) {
        if (name.is_string())
            items.headers.push_back(name.get<std::string>());
        else
            reader.report("Expected value of type String", where + "/CSVHeaders");
    }
}

// What the reader and the writer are called with.
const char* arguments_field(const Json* expressions) {
    return expressions == nullptr ? "Parameters" : "Arguments";
}

bool has(const Json& json, const Json* expressions, const char* field) {
    return json.contains(field) || (expressions != nullptr && expressions->contains(field));
}

ItemReader parse_reader(DefinitionReader& reader, const Json& json, const Json* expressions,
                        const std::string& where) {
    using Format = ItemReader::Format;
    reader.check_fields(json, {"Resource", "Parameters", "ReaderConfig"}, where);
    ItemReader items;
    items.parameters = reader.payload(json, "Parameters", where);
    const std::string arguments = arguments_field(expressions);
    if (!has(json, expressions, arguments.c_str()))
        reader.report("These fields are required: [" + arguments + "]", where);
    const std::string resource = reader.string(json, "Resource", where);
    const bool listing = resource == "arn:aws:states:::s3:listObjectsV2";
    if (!listing && resource != "arn:aws:states:::s3:getObject")
        reader.report("Items are read by arn:aws:states:::s3:getObject or s3:listObjectsV2",
                      where + "/Resource");
    if (listing) items.format = Format::Listing;
    const Json* config = object_member(reader, json, "ReaderConfig", where);
    if (config == nullptr) {
        if (!listing) reader.report("These fields are required: [ReaderConfig]", where);
        return items;
    }
    const std::string place = where + "/ReaderConfig";
    reader.check_fields(*config,
                        {"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems",
                         "MaxItemsPath", "ManifestType", "ItemsPointer"},
                        place);
    items.max_items = reader.number(*config, "MaxItems", 0, place);
    if (listing) return items;
    if (!config->contains("InputType"))
        reader.report("These fields are required: [InputType]", place);
    items.format = choose<Format>(reader, *config, "InputType",
                                  {{"JSON", Format::Json},
                                   {"JSONL", Format::JsonLines},
                                   {"CSV", Format::Csv},
                                   {"MANIFEST", Format::Manifest}},
                                  Format::Json, place);
    choose<bool>(reader, *config, "ManifestType", {{"S3_INVENTORY", true}}, true, place);
    items.delimiter = choose<char>(
        reader, *config, "CSVDelimiter",
        {{"COMMA", ','}, {"PIPE", '|'}, {"SEMICOLON", ';'}, {"SPACE", ' '}, {"TAB", '\t'}}, ',',
        place);
    items.pointer = reader.string(*config, "ItemsPointer", place);
    if (!items.pointer.empty() && items.format != Format::Json)
        reader.report("ItemsPointer goes with the InputType JSON", place + "/ItemsPointer");
    if (!items.pointer.empty() && !items.pointer.starts_with('/'))
        reader.report("Value is not a JSON pointer: it begins with '/'", place + "/ItemsPointer");
    if (items.format == Format::Csv) parse_headers(reader, *config, items, place);
    return items;
}

ItemBatcher parse_batcher(DefinitionReader& reader, const Json& json, const Json* expressions,
                          const std::string& where) {
    reader.check_fields(json,
                        {"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch",
                         "MaxInputBytesPerBatchPath", "BatchInput"},
                        where);
    ItemBatcher batcher;
    batcher.max_items = reader.number(json, "MaxItemsPerBatch", 1, where);
    batcher.max_bytes = reader.number(json, "MaxInputBytesPerBatch", 1, where);
    batcher.input = reader.payload(json, "BatchInput", where);
    if (!batcher.max_items.present() && !batcher.max_bytes.present() &&
        !has(json, expressions, "MaxItemsPerBatch") &&
        !has(json, expressions, "MaxInputBytesPerBatch"))
        reader.report("MaxItemsPerBatch or MaxInputBytesPerBatch is required", where);
    return batcher;
}

ResultWriter parse_writer(DefinitionReader& reader, const Json& json, const Json* expressions,
                          const std::string& where) {
    using Transformation = ResultWriter::Transformation;
    reader.check_fields(json, {"Resource", "Parameters", "WriterConfig"}, where);
    ResultWriter writer;
    writer.parameters = reader.payload(json, "Parameters", where);
    const std::string arguments = arguments_field(expressions);
    const bool exported = json.contains("Resource");
    writer.exported = exported;
    if (exported != has(json, expressions, arguments.c_str()))
        reader.report("Resource and " + arguments + " go together", where);
    if (exported && reader.string(json, "Resource", where) != "arn:aws:states:::s3:putObject")
        reader.report("Results are written by arn:aws:states:::s3:putObject", where + "/Resource");
    const Json* config = object_member(reader, json, "WriterConfig", where);
    if (config == nullptr) {
        if (!exported) reader.report("WriterConfig or Resource is required", where);
        return writer;
    }
    const std::string place = where + "/WriterConfig";
    reader.check_fields(*config, {"Transformation", "OutputType"}, place);
    writer.transformation = choose<Transformation>(reader, *config, "Transformation",
                                                   {{"NONE", Transformation::None},
                                                    {"COMPACT", Transformation::Compact},
                                                    {"FLATTEN", Transformation::Flatten}},
                                                   Transformation::Compact, place);
    writer.lines = choose<bool>(reader, *config, "OutputType", {{"JSON", false}, {"JSONL", true}},
                                false, place);
    return writer;
}

}  // namespace

DistributedMap parse_distributed_map(DefinitionReader& reader, const Json& state,
                                     const Json* expressions, const std::string& where,
                                     const std::string& place) {
    const auto inside = [expressions](const char* field) {
        return expressions == nullptr ? nullptr : find(*expressions, field);
    };
    DistributedMap map;
    map.place = place;
    // Whether it is one of the two is checked beside the mode.
    const Json& processor = state.at(place.substr(place.rfind('/') + 1));
    map.express = processor.at("ProcessorConfig").value("ExecutionType", Json()) == "EXPRESS";
    map.label = reader.string(state, "Label", where);
    if (state.contains("Label") &&
        (map.label.empty() || map.label.size() > kLongestLabel ||
         map.label.find_first_of(" \t\n?*<>{}[]\"#%\\^|~`$&,;:/") != std::string::npos))
        reader.report("A label has 1 to 40 characters, none of them special", where + "/Label",
                      "INVALID_LABEL_NAME");
    if (!map.label.empty() && !reader.claim_label(map.label))
        reader.report("The label '" + map.label + "' appears more than once", where + "/Label",
                      "DUPLICATE_LABEL_NAME");
    if (const Json* json = object_member(reader, state, "ItemReader", where))
        map.reader = parse_reader(reader, *json, inside("ItemReader"), where + "/ItemReader");
    const std::string given = expressions == nullptr ? "ItemsPath" : "Items";
    if (map.reader && has(state, expressions, given.c_str()))
        reader.report("Only one of these fields can be present: ['ItemReader', '" + given + "']",
                      where);
    if (const Json* json = object_member(reader, state, "ItemBatcher", where))
        map.batcher = parse_batcher(reader, *json, inside("ItemBatcher"), where + "/ItemBatcher");
    if (const Json* json = object_member(reader, state, "ResultWriter", where))
        map.writer = parse_writer(reader, *json, inside("ResultWriter"), where + "/ResultWriter");
    return map;
}

}  // namespace lifeboat::flow
