// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A product target and, beside it, its tests: the pipeline from scenario to reports, read downwards.
func stage(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [],
    tests: [Target.Dependency] = [], linking: [LinkerSetting] = []
) -> [Target] {
    let stage = Target.target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: settings,
        linkerSettings: linking)
    return [
        stage,
        .testTarget(
            name: name + "Tests",
            // Tests name what the stage is made of too: they use it, and have to be built again when it changes.
            dependencies: [.byName(name: name)] + dependencies + tests,
            swiftSettings: settings),
    ]
}

let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// Libraries of the system, and what C has to do for Swift.
let foundations: [Target] = [
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CElfutils", pkgConfig: "libdw", providers: [.apt(["libdw-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CRenameAt2"),
    .target(name: "CBootLauncher"),
    .target(name: "CDemangler", linkerSettings: [.linkedLibrary("iberty")]),
]

/// The plugin is compiled on the user's machine, where QEMU is, so its source travels inside.
let pluginSource: [Resource] = [
    "channel.h", "configuration.c", "contexts.c", "counters.c", "frames.c", "hash.c", "hot.c", "images.c",
    "milestones.c", "places.c", "plugin.c", "plugin.h", "profile.c", "qemu_api.h", "registers.c", "serial.c",
    "stacks.h", "symbols.c", "threads.c", "transfers.c", "uart.c", "users.c",
].map { .embedInCode("plugin/" + $0) }

let pipeline: [[Target]] = [
    stage("BootModel"),
    stage("BootStatistics"),
    stage(
        "BootProfiles",
        ["BootModel", "BootStatistics", "CDemangler", "CElfutils", "CLZMA", "CZlib", "CZstd"],
        tests: ["BootTestSupport"]
    ),
    stage("FlameGraphs", ["BootModel", "BootProfiles", "BootStatistics"], tests: ["BootTestSupport"]),
    stage("BootStore", ["BootModel", "CZlib", "CRenameAt2"]),
    stage(
        "GuestObserver",
        ["CElfutils", "CLZ4", "CLZMA", "CZlib", "CZstd", subprocess, systemPackage],
        resources: pluginSource, tests: ["BootTestSupport"]),
    stage("BootMedia", ["CArchive"], tests: ["BootTestSupport"]),
    stage(
        "BootRunner",
        [
            "BootModel", "BootStatistics", "BootStore", "BootProfiles", "BootMedia", "GuestObserver",
            "CBootLauncher", "CPCRE2", subprocess, systemPackage,
        ],
        tests: ["BootTestSupport"]),
    stage("BootComparison", ["BootModel", "BootStatistics", "BootProfiles"]),
    // Apart, so that only the command links SQLite.
    stage(
        "BootHistory", ["BootModel", "BootStatistics", "BootStore", database],
        tests: ["BootTestSupport"]),
    stage("LibXML", ["CLibXML2"]),
    stage(
        "BootReports", ["BootModel", "BootStore", "BootProfiles", "FlameGraphs", "LibXML"],
        tests: ["BootTestSupport"]),
    stage(
        "Bootmark",
        ["BootModel", "BootStatistics", "BootStore", "BootRunner", "BootComparison", "BootReports"],
        tests: ["BootTestSupport", "LibXML"]),
]

let tools: [Target] = [
    // Its folder cannot be called `bootmark`: a file system that ignores case would merge it with `Bootmark`.
    .executableTarget(
        name: "BootmarkCommand",
        dependencies: [
            "BootModel", "BootStatistics", "BootStore", "BootRunner", "BootComparison", "BootHistory",
            "BootReports", "BootProfiles", "FlameGraphs", argumentParser,
        ], swiftSettings: settings),
    // What tests of several targets need: guests, tools, temporary folders, the built command.
    .target(name: "BootTestSupport", path: "Tests/BootTestSupport", swiftSettings: settings),
    .testTarget(
        name: "BootmarkCommandTests",
        dependencies: [
            "BootmarkCommand", "BootHistory", "BootModel", "BootReports", "BootStore", "BootTestSupport",
            "GuestObserver", "LibXML",
            argumentParser,
        ],
        swiftSettings: settings),
]

/// Tools of the development of Bootmark, and no products of it.
let benchmarks: [Target] =
    ["Overhead", "StatisticsProbe"].map {
        .executableTarget(
            name: $0, dependencies: ["BootStatistics"], path: "Benchmarks/" + $0, swiftSettings: settings)
    } + [
        .executableTarget(
            name: "VerdictSimulation",
            dependencies: ["BootModel", "BootStatistics", "BootProfiles", "BootStore"],
            path: "Benchmarks/VerdictSimulation", swiftSettings: settings),
        .executableTarget(
            name: "GuestFiles", dependencies: ["GuestObserver"], path: "Benchmarks/GuestFiles",
            swiftSettings: settings),
    ]

let scenarios: Target = .testTarget(
    name: "Scenarios", dependencies: ["Bootmark"], path: "Scenarios", swiftSettings: settings)

let package = Package(
    name: "bootmark",
    products: [
        .library(name: "Bootmark", targets: ["Bootmark"]),
        .executable(name: "bootmark", targets: ["BootmarkCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: foundations + pipeline.flatMap { $0 } + tools + benchmarks + [scenarios]
)

// What measures the package is built only on request, because nobody who uses it needs it.
if Context.environment["BOOTMARK_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "VerdictOnBoots",
            dependencies: ["BootModel", "BootStatistics", "BootStore", "BootRunner", "BootComparison"],
            path: "Benchmarks/VerdictOnBoots", swiftSettings: settings))
}

// Fuzzing needs the readers and what their profiles are shown as alone: nothing else is fetched or built for it.
if Context.environment["BOOTMARK_FUZZ"] != nil {
    let needed: Set = [
        "BootMedia", "BootModel", "BootStatistics", "BootProfiles", "CArchive", "CDemangler", "CElfutils",
        "CLZMA", "CZlib", "CZstd", "FlameGraphs",
    ]
    package.products = []
    package.dependencies = []
    package.targets.removeAll { !needed.contains($0.name) }
    package.targets.append(
        .executableTarget(
            name: "FuzzReaders", dependencies: ["BootMedia", "BootProfiles", "FlameGraphs"], path: "Fuzz",
            exclude: ["Samples"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
