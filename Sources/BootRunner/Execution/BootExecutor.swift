import BootModel

/// The seam between the plan and the world: one executor starts QEMU, another replays recorded boots.
public protocol BootExecutor: Sendable {
    /// Takes one boot and keeps what it wrote in `folder`.
    ///
    /// - Parameters:
    ///   - planned: the boot to take.
    ///   - plan: the plan that it belongs to.
    ///   - folder: an existing folder for the boot's files.
    ///   - deadline: when the whole run has to be over, on the monotonic clock.
    ///   - stop: raised when the run is to stop.
    /// - Throws: `RunnerError` for a fault that ends the run. A guest that fails is a result, not an error.
    func boot(
        _ planned: Plan.PlannedBoot, of plan: Plan, folder: String, deadline: Nanoseconds?, stop: StopSignal
    ) async throws -> Boot
}
