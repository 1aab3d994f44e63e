import BootModel
import Foundation

/// The comparison itself, for machines: everything that the other reports are made of.
///
/// Canonical: sorted keys, one value a line, doubles that read back as the same doubles. One comparison is an
/// object; none or several are an array.
public struct JSONReporter: Reporter {
    private static let largestFile = 256 << 20

    /// A reporter with nothing to set.
    public init() {}

    /// `comparison.json`.
    public var fileName: String { "comparison.json" }

    /// The report as UTF-8, with a line feed at its end.
    /// - Throws: `ReportError` with `notRepresentable` where a number is neither finite nor infinite.
    public func report(
        on comparisons: [Comparison], beside neighbours: Set<String>
    ) throws(ReportError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let data =
                try comparisons.count == 1 ? encoder.encode(comparisons[0]) : encoder.encode(comparisons)
            return Array(data) + [UInt8(ascii: "\n")]
        } catch EncodingError.invalidValue(let value, let context) {
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw ReportError(
                .notRepresentable, file: fileName,
                "\(place) is \(value), which JSON cannot hold. This is a fault of Bootmark's own: please report it."
            )
        } catch {
            throw ReportError(.notRepresentable, file: fileName, "\(error)")
        }
    }

    /// The comparisons that a report holds: equal to those that it was made of.
    /// - Parameter file: the file's name, for errors.
    /// - Throws: `ReportError` with `notUnderstood` or `newerSchema`.
    public static func comparisons(in bytes: [UInt8], file: String = "comparison.json") throws(ReportError)
        -> [Comparison]
    {
        guard bytes.count <= largestFile else {
            throw ReportError(
                .notUnderstood, file: file,
                "has \(bytes.count) bytes, more than any comparison. Compare the runs again.")
        }
        let data = Data(bytes)
        let decoder = JSONDecoder()
        let isArray = bytes.first { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: "[")
        do {
            // The version comes first: a newer format may lack what this one needs.
            let schemas =
                try isArray
                ? decoder.decode([Schema].self, from: data) : [decoder.decode(Schema.self, from: data)]
            if let newer = schemas.map(\.schema).first(where: { $0 > Comparison.currentSchema }) {
                throw ReportError(
                    .newerSchema, file: file,
                    "was written by a newer Bootmark (schema \(newer)); this one reads schemas up to "
                        + "\(Comparison.currentSchema). Update Bootmark, or compare the runs again.")
            }
            return try isArray
                ? decoder.decode([Comparison].self, from: data)
                : [decoder.decode(Comparison.self, from: data)]
        } catch let error as ReportError {
            throw error
        } catch let error as DecodingError {
            throw ReportError(.notUnderstood, file: file, "\(explanation(error)). Compare the runs again.")
        } catch {
            throw ReportError(.notUnderstood, file: file, "\(error). Compare the runs again.")
        }
    }

    private struct Schema: Decodable {
        var schema: Int
    }

    private static func explanation(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            return path.isEmpty ? "the file" : path.joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context)) has no \(key.stringValue)"
        case .typeMismatch(let type, let context): "\(place(context)) is no \(type)"
        case .valueNotFound(let type, let context): "\(place(context)) should be a \(type)"
        case .dataCorrupted(let context): "\(place(context)) is damaged or cut short"
        @unknown default: "the file is damaged"
        }
    }
}
