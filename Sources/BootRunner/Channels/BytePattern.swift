import CPCRE2

/// A regular expression over raw bytes (PCRE2, compiled to machine code where the host allows it).
///
/// Guests write whatever they like, so it matches bytes, not characters, and a pattern that would search
/// without end gives up (PCRE2's match limit) instead of stopping the runner.
final class BytePattern: Sendable {
    /// The pattern as it was written.
    let source: String
    // Guarded by being written once, here, and read only after: a compiled pattern may be shared by threads.
    nonisolated(unsafe) let code: OpaquePointer

    /// Compiles `source`.
    /// - Throws: `RunnerError` of code `.usage` that shows where the pattern goes wrong.
    init(_ source: String) throws {
        self.source = source
        let context = pcre2_compile_context_create_8(nil)
        defer { pcre2_compile_context_free_8(context) }
        pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_ANYCRLF))
        var failure: Int32 = 0
        var offset = 0
        let bytes = Array(source.utf8)
        guard
            let code = bytes.withUnsafeBufferPointer({
                pcre2_compile_8($0.baseAddress, $0.count, 0, &failure, &offset, context)
            })
        else {
            var message = [UInt8](repeating: 0, count: 256)
            let length = pcre2_get_error_message_8(failure, &message, message.count)
            let text = String(decoding: message.prefix(max(0, Int(length))), as: UTF8.self)
            throw RunnerError(
                .usage, "The pattern '\(source)' does not compile: \(text) at character \(offset + 1).",
                next: "Write a regular expression as perl and grep -P know it; \\. is a plain dot.")
        }
        // Without just-in-time compilation the pattern is interpreted: slower, and right all the same.
        pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_SOFT)
        self.code = code
    }

    deinit { pcre2_code_free_8(code) }
}

/// Searches for one pattern in bytes that arrive piece by piece.
///
/// A match may begin in one piece and end in another: what may still become a match is remembered, and
/// nothing before it is looked at again.
final class PatternSearch {
    /// What is searched for.
    let pattern: BytePattern
    private let match: OpaquePointer
    private var from = 0

    /// A search for `pattern`.
    init(_ pattern: BytePattern) {
        self.pattern = pattern
        guard let match = pcre2_match_data_create_8(4, nil) else { fatalError("out of memory") }
        self.match = match
    }

    deinit { pcre2_match_data_free_8(match) }

    /// Says that the first `count` bytes of the buffer are gone.
    func forget(_ count: Int) { from = max(0, from - count) }

    /// Starts again at the beginning of the buffer.
    func restart() { from = 0 }

    /// Looks at what has arrived since the last look.
    func find(in buffer: [UInt8]) -> Range<Int>? {
        guard from < buffer.count else { return nil }
        let options = UInt32(PCRE2_PARTIAL_SOFT)
        let result = buffer.withUnsafeBufferPointer {
            pcre2_match_8(pattern.code, $0.baseAddress, $0.count, from, options, match, nil)
        }
        let places = pcre2_get_ovector_pointer_8(match)
        if result > 0, let places { return places[0]..<places[1] }
        if result == PCRE2_ERROR_PARTIAL, let places {
            from = places[0]
        } else {
            from = buffer.count
        }
        return nil
    }
}
