// Writes the seeds of all fuzz targets into a folder: golden messages, random reports, spools that
// lived a little, feed lines. Run by hand when a format grows: fuzz_make_corpus tests/fuzz/corpus
#include <filesystem>
#include <fstream>

#include "tests/golden/vectors.hpp"
#include "tests/support/random_records.hpp"
#include "tests/unit/agent/appliance.hpp"

using namespace aftercare;

namespace {

std::filesystem::path root;

void write(const std::string& target, const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories(root / target);
    std::ofstream out{root / target / name, std::ios::binary};
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_messages() {
    proto::Codec codec;
    for (const auto& vector : golden::downlinks()) {
        write("downlink", vector.name, codec.encode_downlink(vector.downlink));
    }
    for (const auto& vector : golden::reports()) {
        write("report", vector.name, codec.encode_report(vector.report));
    }
    Rng rng{5};
    for (int i = 0; i < 6; ++i) {
        write("report", "random_" + std::to_string(i),
              codec.encode_report(test::random_report(rng, 6)));
    }
}

void write_spools() {
    for (const int records : {0, 3, 20, 200}) {
        test::Appliance device{512, 8};
        device.auto_connect = false;
        for (int boot = 0; boot < 2; ++boot) {
            AFTERCARE_ASSERT(device.boot());
            for (int i = 0; i < records; ++i) {
                static_cast<void>(device->fault(test::fault(static_cast<std::uint32_t>(i % 5))));
                static_cast<void>(device->reading(test::reading(static_cast<float>(i))));
            }
            device->flush();
        }
        const auto& bytes = device.storage.bytes();
        const std::string image{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        write("spool", "kept_" + std::to_string(records), std::string(1, '\0') + image);
        write("spool", "sealed_" + std::to_string(records), std::string(1, '\1') + image);
    }
}

void write_feed() {
    const std::pair<const char*, const char*> lines[] = {
        {"fault", R"({"kind":"fault","code":18,"state":"raised","snapshot":{"1":45.5}})"},
        {"reading",
         R"({"kind":"reading","window_ms":900000,"metrics":[{"id":1,"n":90,"mean":4.5,"min":4,"max":5}]})"},
        {"usage",
         R"({"kind":"usage","programme":3,"duration_s":5400,"energy_wh":870,"counters":{"1":17}})"},
        {"self_test", R"({"kind":"self_test","test":2,"request":77,"result":"passed"})"},
        {"lifecycle", R"({"kind":"lifecycle","event":"part_replaced","component":2})"},
        {"sample", R"({"kind":"sample","values":{"1":45.5,"2":-1e30}})"},
        {"consent", R"({"kind":"consent","epoch":3,"purposes":["safety","usage"]})"},
        {"condition", R"({"kind":"condition","code":18,"holds":true})"},
        {"occurred", R"({"kind":"occurred","code":7})"},
        {"counter", R"({"kind":"counter","values":{"1":65530},"bits":16})"},
        {"cycle",
         "{\"kind\":\"cycle_begin\",\"programme\":4}\n{\"kind\":\"cycle_end\",\"energy_wh\":900}"},
        {"several", "{\"kind\":\"status\"}\n{\"kind\":\"flush\"}\nnot json\n{}\n[1]\n"},
    };
    for (const auto& [name, line] : lines) write("feed", name, line);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    root = argv[1];
    write_messages();
    write_spools();
    write_feed();
    return 0;
}
