/**
 * Environment of a process that relays. Bun's allocator (mimalloc) gives memory back to the system ten milliseconds after
 * it is free. A relay takes as much again at once, and pays for every page: it costs twice the CPU for each gigabyte.
 */
export const MEMORY_KEPT = { MIMALLOC_PURGE_DELAY: '-1', MIMALLOC_ALLOW_LARGE_OS_PAGES: '1' } as const;
