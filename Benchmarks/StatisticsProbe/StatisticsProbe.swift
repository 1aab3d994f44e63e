import BootStatistics
import Foundation

/// One question about a statistic: a line of JSON on standard input.
struct Question: Decodable {
    /// The statistic's name.
    var ask: String
    /// The first sample, the differences, or the p-values.
    var x: [Double]
    /// The second sample, or the newcomer alone.
    var y: [Double]?
    /// Where differences are centered, or how far the newcomer may lie above.
    var center: Double?
    /// The confidence of one-sided bounds.
    var confidence: Double?
    /// A quantile's share.
    var share: Double?
}

/// The answer: a line of JSON on standard output.
struct Answer: Encodable {
    /// Numbers by name; nil where there is none.
    var numbers: [String: Double?] = [:]
    /// Lists of numbers by name.
    var lists: [String: [Double]] = [:]
    /// How a p-value was found.
    var method: String?
}

/// Answers questions about statistics, so that another implementation can be asked the same.
@main
enum StatisticsProbe {
    static func main() throws {
        let encoder = JSONEncoder()
        while let line = readLine() {
            let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
            let answer = try encoder.encode(try answer(question))
            FileHandle.standardOutput.write(answer + Data("\n".utf8))
        }
    }

    private static func answer(_ question: Question) throws -> Answer {
        var answer = Answer()
        let (x, y) = (question.x, question.y ?? [])
        switch question.ask {
        case "mann-whitney":
            for alternative in Alternative.allCases {
                let test = try MannWhitney.test(x, y, alternative: alternative)
                answer.numbers[alternative.rawValue] = test.pValue
                answer.numbers["statistic"] = test.statistic
                answer.method = test.method.rawValue
            }
        case "signed-rank":
            for alternative in Alternative.allCases {
                let test = try SignedRank.test(x, center: question.center ?? 0, alternative: alternative)
                answer.numbers[alternative.rawValue] = test.pValue
                answer.numbers["statistic"] = test.statistic
                answer.method = test.method.rawValue
            }
        case "shift":
            let shift = try HodgesLehmannShift(of: x, over: y)
            answer.numbers["estimate"] = shift.estimate
            answer.numbers["low"] = try shift.lowerBound(confidence: question.confidence ?? 0.99)
            answer.numbers["high"] = try shift.upperBound(confidence: question.confidence ?? 0.99)
        case "center":
            let center = try HodgesLehmannCenter(of: x)
            answer.numbers["estimate"] = center.estimate
            answer.numbers["low"] = try center.lowerBound(confidence: question.confidence ?? 0.99)
            answer.numbers["high"] = try center.upperBound(confidence: question.confidence ?? 0.99)
        case "newcomer":
            guard let newcomer = y.first else { throw StatisticsError.empty }
            let test = try NewcomerTest(newcomer, among: x)
            answer.numbers["above"] = test.pValue(above: question.center ?? 0)
            answer.numbers["below"] = test.pValue(below: question.center ?? 0)
            answer.numbers["margin"] = test.margin(confidence: question.confidence ?? 0.99)
        case "families":
            answer.lists["holm"] = try PValues.holm(x)
            answer.lists["benjaminiHochberg"] = try PValues.benjaminiHochberg(x)
        case "description":
            answer.numbers["median"] = try Description.median(x)
            answer.numbers["quantile"] = try Description.quantile(x, question.share ?? 0.5)
            answer.numbers["robustSpread"] = try Description.robustSpread(x)
            answer.lists["modifiedZ"] = try Description.modifiedZ(x)
        default:
            throw StatisticsError.parameter("nothing answers to \(question.ask)")
        }
        return answer
    }
}
