/// A command that a reader can paste into a shell.
enum ShellCommand {
    /// The arguments as one line for bash, quoted where they must be. Characters that could not be pasted,
    /// or would act on a terminal, are written as escapes inside `$'...'`.
    static func line(_ arguments: [String]) -> String {
        arguments.map(quoted).joined(separator: " ")
    }

    private static func quoted(_ argument: String) -> String {
        if !argument.unicodeScalars.allSatisfy({ $0.isPrintable && $0 != "\n" && $0 != "\t" }) {
            return escaped(argument)
        }
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%".unicodeScalars
        if !argument.isEmpty && argument.unicodeScalars.allSatisfy(plain.contains) { return argument }
        return "'" + argument.replacing("'", by: "'\\''") + "'"
    }

    private static func escaped(_ argument: String) -> String {
        var text = "$'"
        for scalar in argument.unicodeScalars {
            if scalar == "'" || scalar == "\\" {
                text += "\\" + String(scalar)
            } else if scalar.isPrintable && scalar != "\n" && scalar != "\t" {
                text.unicodeScalars.append(scalar)
            } else {
                // Bytes, as three octal digits each: hexadecimal escapes would take in the digits that follow.
                for byte in String(scalar).utf8 {
                    let digits = String(byte, radix: 8)
                    text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
                }
            }
        }
        return text + "'"
    }
}
