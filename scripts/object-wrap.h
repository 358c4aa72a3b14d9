/**
 * Included before everything else when better-sqlite3 is compiled. From 24.19 on the header of Node registers a clean-up
 * hook for every wrapped object and removes it in the destructor, which aborts the process when a garbage collection
 * runs while no context is entered (nodejs/node 65446, docs/adr/0007). Here the header does without these hooks, as in
 * every version before.
 */

// node-gyp names what it compiles; other modules choose themselves which interfaces of Node they see.
#define better_sqlite3 1
#if NODE_GYP_MODULE_NAME

#include <node.h>

namespace node {
inline void NoEnvironmentCleanupHook(v8::Isolate*, void (*)(void*), void*) {}
}  // namespace node

#define AddEnvironmentCleanupHook NoEnvironmentCleanupHook
#define RemoveEnvironmentCleanupHook NoEnvironmentCleanupHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook

#endif
#undef better_sqlite3
