import ArgumentParser
import BootProfiles
import BootRunner
import BootStore
import Glibc

/// The one place where errors become words and exit codes.
enum Failures {
    /// Runs a command's work; an error of the product's own is written to standard error with its next step.
    static func reported(_ work: () async throws -> Void) async throws {
        // A reader that has gone and a file that may not grow are told by the write itself, which goes on to say
        // what is lost; the signals would end everything without a word. What is started gets them back.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        do {
            try await work()
        } catch let error as RunnerError {
            Standard.error("bootmark: \(ConsoleLine.cleanLines(error.description))")
            throw ExitCode(error.exitCode)
        } catch let error as StoreError {
            Standard.error("bootmark: \(ConsoleLine.cleanLines("\(error)"))")
            throw ExitCode(error.exitCode)
        } catch let error as ProfileError {
            Standard.error("bootmark: \(ConsoleLine.cleanLines(error.description))")
            throw ExitCode(66)
        } catch let error as TerminalWalk.NoTerminal {
            Standard.error("bootmark: \(error)")
            throw ExitCode(4)
        }
    }
}

extension ConsoleLine {
    /// Several lines, each cleaned.
    static func cleanLines(_ text: String) -> String {
        text.split(separator: "\n").map { clean(String($0)) }.joined(separator: "\n")
    }
}

extension StoreError {
    /// What the command line exits with: a file that is missing or damaged is an input; a place that exists or
    /// cannot be written is the environment's or the user's.
    var exitCode: Int32 {
        switch code {
        case .exists: 64
        case .notWritable, .diskFull, .locked: 4
        default: 66
        }
    }
}
