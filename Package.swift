// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A product target and, beside it, its tests: the pipeline from scenario to reports, read downwards.
func stage(
    _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency]? = [],
    linking: [LinkerSetting] = []
) -> [Target] {
    let stage = Target.target(
        name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: linking)
    guard let tests else { return [stage] }
    return [
        stage,
        .testTarget(
            name: name + "Tests",
            dependencies: [.byName(name: name)] + tests,
            swiftSettings: settings),
    ]
}

let package = Package(
    name: "bootmark",
    products: [
        .library(name: "Bootmark", targets: ["BootModel"])
    ],
    targets: [
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    ]
        + stage("BootModel")
        + stage("BootStatistics")
        + stage("BootProfiles", ["BootModel", "CZlib", "CZstd"], linking: [.linkedLibrary("stdc++")])
        + stage("FlameGraphs", ["BootModel", "BootProfiles"])
        + stage("BootStore", ["BootModel", "CZlib"])
        + stage("BootComparison", ["BootModel", "BootStatistics", "BootProfiles"])
        + stage("LibXML", ["CLibXML2"])
        + stage("BootReports", ["BootModel", "LibXML", "FlameGraphs"])
)

// What measures the package is built only on request, because nobody who uses it needs it.
if Context.environment["BOOTMARK_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "ProfileBenchmark", dependencies: ["BootProfiles", "FlameGraphs"],
            path: "Benchmarks/Profiles", swiftSettings: settings))
}

if Context.environment["BOOTMARK_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "FuzzReaders", dependencies: ["BootProfiles"], path: "Fuzz",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
