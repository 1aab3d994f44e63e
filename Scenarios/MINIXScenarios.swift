import Bootmark

extension Scenario {
    /// MINIX 3 from the user's own CD image. Its serial port is silent unless its boot line says otherwise,
    /// so it is followed on whichever of serial port and screen speaks.
    static let minix = Scenario("minix") {
        Machine(.i386, memory: .mebibytes(512))
        CDROM(
            .environment(
                "MINIX_ISO",
                hint: "MINIX_ISO=/path/to/minix.iso swift test --filter '^Scenarios\\.MINIX'"))
        Phase("kernel", begins: "MINIX 3\\.[0-9]+")
        Phase("terminal", begins: "TTY:")
        Phase("file system", begins: "Started VFS")
        Booted(when: "login:")
        Boots(5)
        TimeLimit(boot: .seconds(300))
    }

    /// MINIX 3 on every processor that it was written for.
    static let minixOnOldProcessors = minix.matrix(
        cpuModels: ["486", "pentium", "pentium2", "pentium3", "athlon"])

    /// MINIX 3 with more processors than one.
    static let minixOnManyProcessors = minix.matrix(cpus: [1, 2, 4, 8])
}
