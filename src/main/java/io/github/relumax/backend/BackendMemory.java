package io.github.relumax.backend;

/**
 * The memory that a backend's buffers lie in.
 *
 * @param available bytes that buffers can still take
 * @param separate whether it is apart from main memory: then {@link Backend#upload} copies, and A1
 *     and A2 take room there too
 */
public record BackendMemory(long available, boolean separate) {}
