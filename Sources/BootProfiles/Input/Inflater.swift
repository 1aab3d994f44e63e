import CZlib

/// Undoes gzip, a piece at a time, members in a row included.
///
/// A text is never as repetitive as a bomb: beyond its limit, no more than `mostPerByte` may unfold from each
/// compressed byte (deflate reaches 1,032).
final class Inflater {
    /// How many bytes may unfold without being compared.
    static let limit = 1 << 30
    /// How many bytes may unfold from each compressed one, on average, beyond that.
    static let mostPerByte = 250

    private let name: String
    private let limit: Int
    private var state = z_stream()
    private let input: UnsafeMutableRawBufferPointer
    private var held: Int
    private var consumed = 0
    private var midMember = false
    private var rawCount = 0
    private var inflatedCount = 0

    /// Begins with `held`, compressed bytes that were read before.
    init(name: String, held: [UInt8], limit: Int = limit) throws(ProfileError) {
        self.name = name
        self.limit = limit
        self.held = held.count
        input = .allocate(byteCount: max(held.count, 1 << 16), alignment: 8)
        input.copyBytes(from: held)
        // 15 bits of window, 16 for a gzip header.
        guard
            inflateInit2_(
                &state, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            throw ProfileError(
                .unreadable, file: name, "zlib could not be started",
                nextStep: "Free some memory and try again.")
        }
    }

    deinit {
        inflateEnd(&state)
        input.deallocate()
    }

    /// Reads inflated bytes into `target`; 0 only at the end.
    func read(
        into target: UnsafeMutableRawBufferPointer,
        refill: (UnsafeMutableRawBufferPointer) throws(ProfileError) -> Int
    ) throws(ProfileError) -> Int {
        var produced = 0
        while produced == 0 {
            if consumed == held {
                rawCount += consumed
                consumed = 0
                held = try refill(input)
                if held == 0 {
                    guard !midMember else { throw fault(.truncated, "the gzip data is cut short") }
                    return 0
                }
            }
            produced = try step(into: target)
        }
        return produced
    }

    private func step(into target: UnsafeMutableRawBufferPointer) throws(ProfileError) -> Int {
        let available = min(held - consumed, 1 << 30)
        state.next_in = input.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: UInt8.self)
        state.avail_in = UInt32(available)
        state.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.avail_out = UInt32(clamping: target.count)
        let code = inflate(&state, Z_NO_FLUSH)
        consumed += available - Int(state.avail_in)
        midMember = true
        let produced = min(target.count, Int(UInt32.max)) - Int(state.avail_out)
        inflatedCount += produced
        guard inflatedCount <= limit || inflatedCount / Self.mostPerByte <= rawCount + consumed else {
            throw ProfileError(
                .tooLarge, file: name, at: .byte(rawCount + consumed),
                "more than \(limit) bytes unfold, over \(Self.mostPerByte) from each compressed one",
                nextStep: "If you trust it, unpack it first: gzip -d.")
        }
        switch code {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END:
            midMember = false
            inflateReset(&state)
        default: throw fault(.malformed, "the gzip data is damaged")
        }
        return produced
    }

    private func fault(_ code: ProfileError.Code, _ detail: String) -> ProfileError {
        ProfileError(
            code, file: name, at: .byte(rawCount + consumed), detail,
            nextStep: "Copy or compress the file again.")
    }
}
