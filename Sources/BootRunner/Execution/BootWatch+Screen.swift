import BootModel

/// The VGA screen, looked at from time to time.
extension BootWatch {
    /// The screen is read where a milestone is to be seen there, and where the serial port has said nothing
    /// for a second: from then on it is what a console's milestones are looked for on.
    func planScreen() {
        guard let screen else { return }
        nextScreen = screen.hasOwnMilestones ? Clock.now : start + .seconds(1)
    }

    /// Whether the screen has anything to say that the serial port does not.
    private var screenMatters: Bool {
        guard let screen, session != nil else { return false }
        return screen.hasOwnMilestones || !(channels.first?.hasSpoken ?? false)
    }

    /// Asks for the screen's memory; false where there is nothing to see.
    @discardableResult
    func lookAtScreen() -> Bool {
        guard screenMatters else {
            nextScreen = Nanoseconds(.max)
            return false
        }
        nextScreen = Clock.now + Self.screenInterval
        if pending == nil {
            screenRequest = session?.send(
                "pmemsave",
                ["val": VGAScreen.address, "size": VGAScreen.size, "filename": setting.screenCopy])
        }
        return true
    }

    func hearScreen(_ succeeded: Bool) {
        screenRequest = nil
        defer { if let pending, !isOver { conclude(pending.outcome) } }
        guard succeeded, let screen else { return }
        let now = Clock.now
        guard screen.show(VGAScreen.text(Files.bytes(setting.screenCopy, limit: VGAScreen.size))) else {
            return
        }
        lastHeard = now
        screenIsRead = true
        examine(screen, at: now)
    }
}
