/// The text that a PC shows on its VGA screen, read from the guest's memory.
enum VGAScreen {
    /// Where text memory begins, and how much of it there is: all of it is read, since guests scroll by
    /// moving the visible part.
    static let address = 0xb8000
    static let size = 32 * 1024
    private static let columns = 80

    /// The text in a copy of that memory: a line a row, each ended, without trailing spaces and empty rows at the end;
    /// letters outside ASCII (CP437's frames and the like) become `?`.
    static func text(_ memory: [UInt8]) -> [UInt8] {
        var rows: [[UInt8]] = []
        let width = 2 * columns
        for row in stride(from: 0, to: memory.count - width + 1, by: width) {
            var text = stride(from: row, to: row + width, by: 2).map { place -> UInt8 in
                switch memory[place] {
                case 0, 32: 32
                case 33...126: memory[place]
                default: UInt8(ascii: "?")
                }
            }
            while text.last == 32 { text.removeLast() }
            rows.append(text)
        }
        while rows.last?.isEmpty == true { rows.removeLast() }
        return rows.flatMap { $0 + [10] }
    }
}
