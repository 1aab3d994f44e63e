import BootModel
import Foundation
import Glibc

extension Fingerprint.Host {
    /// This host's class, from what the kernel tells. Nothing that jitters goes in.
    static func current() -> Fingerprint.Host {
        let cpuinfo = Files.text("/proc/cpuinfo") ?? ""
        let field = { (name: String) -> String? in
            cpuinfo.split(separator: "\n").first { $0.hasPrefix(name) }?
                .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
        }
        let isGuest = cpuinfo.split(separator: "\n").first { $0.hasPrefix("flags") }?
            .split(separator: " ").contains("hypervisor")
        let vendor = Files.text("/sys/hypervisor/type") ?? Files.text("/sys/class/dmi/id/sys_vendor")
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: &system.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return Fingerprint.Host(
            processor: field("model name") ?? field("Model") ?? "unknown",
            processors: ProcessInfo.processInfo.activeProcessorCount, kernel: release,
            governor: Files.text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? "none",
            hypervisor: isGuest == true ? vendor ?? "unknown" : "none")
    }
}

extension Fingerprint {
    /// What is going to run a plan: the host, QEMU, perf, and digests of all that is booted.
    /// - Throws: `RunnerError` where QEMU is missing or a file of the boot cannot be read.
    static func read(
        _ command: QEMUCommandLine, host: HostTools, cache: ProbeCache = .usual
    ) async throws -> Fingerprint {
        let qemu = try Tools.require(command.program)
        let version = try await version(ofQEMU: qemu, cache: cache)
        let files = command.files.filter { FileManager.default.isReadableFile(atPath: $0.path) }
        let digests = try await Tools.digests(of: Array(Set(files.map(\.path))).sorted(), cache: cache)
        var byRole: [String: String] = [:]
        for file in files {
            // Several modules or disks: named by their place.
            let place = byRole.keys.count { $0 == file.role || $0.hasPrefix("\(file.role)-") }
            byRole[place == 0 ? file.role : "\(file.role)-\(place + 1)"] = digests[file.path]
        }
        byRole["command"] = command.portable
        return Fingerprint(
            host: .current(), qemu: version, accelerator: command.accelerator,
            perf: host.perf, digests: byRole)
    }

    /// A QEMU's version: `7.2.22`.
    /// - Throws: `RunnerError` where the program is no QEMU.
    private static func version(ofQEMU qemu: String, cache: ProbeCache) async throws -> String {
        let circumstances = FileStamp.ofProgram(qemu).map { [$0] }
        let known = try await cache.answer(to: "version of \(qemu)", under: circumstances) {
            let answer = try await Tools.run(qemu, ["--version"])
            // "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"
            let words = answer.output.split(whereSeparator: \.isWhitespace)
            guard answer.succeeded, words.contains("QEMU"), let place = words.firstIndex(of: "version"),
                place + 1 < words.endIndex
            else {
                throw RunnerError(
                    .environment,
                    "\(qemu) --version did not answer as QEMU does: \(answer.output.prefix(80))",
                    next: "Put a qemu-system-… command after the two dashes.")
            }
            return ([String(words[place + 1])], lasts: true)
        }
        return known.first ?? ""
    }
}
