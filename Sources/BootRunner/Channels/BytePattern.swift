import CPCRE2

/// A regular expression over raw bytes (PCRE2, compiled to machine code where the host allows it).
///
/// Guests write whatever they like, so it matches bytes, not characters, and a pattern that would search
/// without end gives up (PCRE2's match limit) instead of stopping the runner. A console is lines: `^` and `$`
/// are the beginning and the end of each.
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
                // UTF mode, which a pattern may ask for itself, would fail on a guest's broken UTF-8.
                pcre2_compile_8(
                    $0.baseAddress, $0.count, PCRE2_MULTILINE | PCRE2_NEVER_UTF, &failure, &offset, context)
            })
        else {
            var message = [UInt8](repeating: 0, count: 256)
            let length = pcre2_get_error_message_8(failure, &message, message.count)
            let text = String(decoding: message.prefix(max(0, Int(length))), as: UTF8.self)
            let place = String(decoding: bytes.prefix(offset), as: UTF8.self).count + 1
            throw RunnerError(
                .usage, "The pattern '\(source)' does not compile: \(text) at character \(place).",
                next: "Write a regular expression as perl and grep -P know it; \\. is a plain dot.")
        }
        // Without just-in-time compilation the pattern is interpreted: slower, and right all the same.
        pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_SOFT)
        self.code = code
    }

    /// Whether an end of a line may be asked for.
    var mayAskForLineEnds: Bool { source.contains("$") }

    deinit { pcre2_code_free_8(code) }
}

/// Searches for one pattern in bytes that arrive piece by piece.
///
/// A match may begin in one piece and end in another: what may still become a match is remembered, and
/// nothing before it is looked at again. What is found does not depend on where the pieces were cut, so the
/// end of what has come so far is no end of a line.
final class PatternSearch {
    /// The most steps of one look: some tens of milliseconds.
    private static let limit: UInt32 = 1_000_000

    /// What is searched for.
    let pattern: BytePattern
    /// Whether the pattern went through so many possibilities that it is no longer looked for.
    private(set) var isGivenUp = false
    private let match: OpaquePointer
    private let context: OpaquePointer
    private var from = 0

    /// A search for `pattern`.
    init(_ pattern: BytePattern) {
        self.pattern = pattern
        guard let match = pcre2_match_data_create_8(1, nil), let context = pcre2_match_context_create_8(nil)
        else { fatalError("out of memory") }
        pcre2_set_match_limit_8(context, Self.limit)
        self.match = match
        self.context = context
    }

    deinit {
        pcre2_match_data_free_8(match)
        pcre2_match_context_free_8(context)
    }

    /// Says that the first `count` bytes of the buffer are gone.
    func forget(_ count: Int) { from = max(0, from - count) }

    /// Starts again at the beginning of the buffer.
    func restart() { from = 0 }

    /// Looks at what has arrived since the last look.
    func find(in buffer: RollingBuffer) -> Range<Int>? {
        guard !isGivenUp, from < buffer.bytes.count else { return nil }
        let begin = buffer.isCut ? PCRE2_NOTBOL : 0
        var next = buffer.bytes.count
        switch look(buffer.bytes, begin | UInt32(PCRE2_PARTIAL_SOFT) | UInt32(PCRE2_NOTEOL)) {
        case .whole(let place): return place
        case .begun(let place): next = place
        case .none: break
        case .givenUp: isGivenUp = true
        }
        // PCRE2 does not call it begun where only the end of the line is still to come, unless every end of
        // what there is counts as open; a match that ends there would then wait for ever.
        if pattern.mayAskForLineEnds, !isGivenUp {
            switch look(buffer.bytes, begin | UInt32(PCRE2_PARTIAL_HARD)) {
            case .whole(let place): next = min(next, place.lowerBound)
            case .begun(let place): next = min(next, place)
            case .none: break
            case .givenUp: isGivenUp = true
            }
        }
        from = next
        return nil
    }

    private enum Sight {
        case whole(Range<Int>)
        case begun(Int)
        case none
        case givenUp
    }

    private func look(_ bytes: [UInt8], _ options: UInt32) -> Sight {
        let once = { [self] (options: UInt32) in
            bytes.withUnsafeBufferPointer {
                pcre2_match_8(pattern.code, $0.baseAddress, $0.count, from, options, match, context)
            }
        }
        var result = once(options)
        // The compiled code has a stack of its own, of 32 KiB; the interpreter has all memory it is allowed.
        if result == PCRE2_ERROR_JIT_STACKLIMIT { result = once(options | PCRE2_NO_JIT) }
        guard let places = pcre2_get_ovector_pointer_8(match) else { return .givenUp }
        switch result {
        // Zero: a match with more groups than there is room for, which nobody asks for here.
        case 0...: return .whole(min(places[0], places[1])..<places[1])
        case PCRE2_ERROR_PARTIAL: return .begun(places[0])
        case PCRE2_ERROR_NOMATCH: return .none
        default: return .givenUp
        }
    }
}
