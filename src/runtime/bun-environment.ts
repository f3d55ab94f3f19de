/**
 * How the runtime of a worker is set, by its environment. Only Bun knows these variables.
 *
 * Memory: its allocator (mimalloc) gives memory back to the system ten milliseconds after it is free. A relay takes as
 * much again at once, and pays for every page: it costs twice the CPU for each gigabyte.
 */
export const MEMORY_KEPT = { MIMALLOC_PURGE_DELAY: '-1', MIMALLOC_ALLOW_LARGE_OS_PAGES: '1' } as const;

/**
 * Compilers: the last and dearest of JavaScriptCore's three (FTL) is left out. A login is a lot of code that each runs
 * once, and is no cheaper for it; what it compiles in the first tens of thousands of logins is paid for in the very
 * minutes in which everybody comes back after a restart.
 */
export const NO_LAST_COMPILER = { BUN_JSC_useFTLJIT: '0' } as const;
