#include <CppUTest/CommandLineTestRunner.h>
#include <CppUTest/MemoryLeakWarningPlugin.h>
#include <CppUTest/TestRegistry.h>

// CppUTest's own leak detector clashes with libraries that allocate in static initialisers (it
// keeps pointers to what protobuf frees later), so its plugin stays out; the sanitizer builds find
// leaks.
int main(int argc, char** argv) {
    MemoryLeakWarningPlugin::turnOffNewDeleteOverloads();
    CommandLineTestRunner runner{argc, argv, TestRegistry::getCurrentRegistry()};
    return runner.runAllTestsMain();
}
