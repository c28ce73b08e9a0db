// What the sanitizers are not to report.

// libstdc++ counts who holds an exception in code that ThreadSanitizer doesn't see: to it, the
// thread that lets go last frees what another has just read.
extern "C" const char* __tsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "called_from_lib:libstdc++.so.6";
}

// Children made by fork() may start threads: those of ours that the parent had, one of which may
// just be ending, are forgotten there.
extern "C" const char* __tsan_default_options();   // NOLINT: the sanitizer's name
extern "C" const char* __tsan_default_options() {  // NOLINT: as above
    return "die_after_fork=0";
}
