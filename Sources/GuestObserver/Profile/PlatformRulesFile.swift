import Foundation

/// Rules of one's own, in a JSON file: the names of `PlatformRules`, of which `name` and `stackSize` are needed.
/// Numbers may be written as text in hexadecimal: `"0xffffffff80000000"`.
extension PlatformRules {
    /// Reads the file at `path`, or takes the preset of that name.
    /// - Throws: `GuestObserverError` of code `rulesUnusable` that names the file and what is wrong in it.
    public static func named(_ path: String) throws -> PlatformRules {
        if let preset = presets.first(where: { $0.name == path }) { return preset }
        let data = try contents(path)
        let nextStep = "Documentation/HowExactBootsWork.md tells what rules consist of."
        do {
            // It names the place of what is no JSON, which the decoder does not.
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        } catch {
            let words = (error as NSError).userInfo["NSDebugDescription"] as? String ?? "it cannot be parsed"
            throw unusable(path, "this is no JSON: \(words.trimmingCharacters(in: dot))", nextStep)
        }
        do {
            return try JSONDecoder().decode(PlatformRules.self, from: data)
        } catch let error as DecodingError {
            throw unusable(path, reason(error), nextStep)
        }
    }

    private static func contents(_ path: String) throws -> Data {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            let names = presets.map(\.name).joined(separator: ", ")
            throw unusable(path, "there is no such file or preset", "Give a file, or one of: \(names).")
        }
        guard !isFolder.boolValue, let file = FileHandle(forReadingAtPath: path),
            let data = try? file.read(upToCount: sizeLimit + 1) ?? Data()
        else { throw unusable(path, "it cannot be read", "Give a file of rules that you may read.") }
        guard !data.isEmpty else { throw unusable(path, "it is empty", "Give a file of rules.") }
        guard data.count <= sizeLimit else {
            throw unusable(path, "it is over 1 MiB large", "Give a file of rules.")
        }
        return data
    }

    private static let sizeLimit = 1 << 20
    private static let dot = CharacterSet(charactersIn: ".")

    private static func reason(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            return place(context) + "'\(key.stringValue)' is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let wanted = type == String.self ? "a text" : type is [Any].Type ? "a list" : "an object"
            return "\(place(context))\(wanted) is expected here"
        case .dataCorrupted(let context):
            return place(context)
                + context.debugDescription.split(separator: "\n").joined(separator: " ")
                .trimmingCharacters(in: dot)
        @unknown default: return "it is not understood"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let names = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return names.isEmpty ? "" : names.joined(separator: ".") + ": "
    }

    private static func unusable(_ path: String, _ reason: String, _ nextStep: String) -> GuestObserverError {
        GuestObserverError(.rulesUnusable, place: path, reason: reason, nextStep: nextStep)
    }

    private enum Keys: String, CodingKey, CaseIterable {
        case name, followed, stackSize, interrupts, interruptTables, exceptions, systemCalls, movingReturns
        case continuations
    }

    /// A key as it stands in a file, to find those that mean nothing.
    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads rules; what is left out is empty.
    public init(from decoder: any Decoder) throws {
        let given = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let unknown = given.sorted().first(where: { Keys(rawValue: $0) == nil }) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "'\(unknown.prefix(60))' is none of "
                        + Keys.allCases.map(\.rawValue).joined(separator: ", ")))
        }
        let values = try decoder.container(keyedBy: Keys.self)
        let stackSize = try values.decode(Address.self, forKey: .stackSize).value
        guard stackSize == 0 || stackSize >= 512 && stackSize & (stackSize - 1) == 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .stackSize, in: values,
                debugDescription: "\(stackSize) is neither 0 nor a power of two from 512 on")
        }
        func patterns(_ key: Keys) throws -> [String] {
            try values.decodeIfPresent([String].self, forKey: key) ?? []
        }
        self.init(
            name: try values.decode(String.self, forKey: .name),
            followed: try values.decodeIfPresent([Range].self, forKey: .followed) ?? [],
            stackSize: stackSize,
            interrupts: try patterns(.interrupts), interruptTables: try patterns(.interruptTables),
            exceptions: try patterns(.exceptions), systemCalls: try patterns(.systemCalls),
            movingReturns: try patterns(.movingReturns), continuations: try patterns(.continuations))
    }
}

extension PlatformRules.Range {
    private enum Keys: CodingKey { case first, last }

    /// Reads a range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        self.init(
            first: try values.decode(Address.self, forKey: .first).value,
            last: try values.decode(Address.self, forKey: .last).value)
        guard first <= last else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'first' lies behind 'last'"))
        }
    }
}

/// A number that may be written in hexadecimal.
private struct Address: Decodable {
    let value: UInt64

    init(from decoder: any Decoder) throws {
        let values = try decoder.singleValueContainer()
        if let number = try? values.decode(UInt64.self) {
            value = number
            return
        }
        let text = (try? values.decode(String.self)) ?? ""
        guard text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "this is no whole number, and no text like \"0xc1000000\""))
        }
        value = number
    }
}
