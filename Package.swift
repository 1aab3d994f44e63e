// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A product target and, beside it, its tests: the pipeline from scenario to reports, read downwards.
func stage(
    _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency]? = []
) -> [Target] {
    let stage = Target.target(name: name, dependencies: dependencies, swiftSettings: settings)
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
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    ]
        + stage("BootModel")
        + stage("BootStatistics")
        + stage("BootProfiles", ["BootModel"])
        + stage("FlameGraphs", ["BootModel", "BootProfiles"])
        + stage("BootStore", ["BootModel", "CZlib"])
        + stage("BootComparison", ["BootModel", "BootStatistics", "BootProfiles"])
        + stage("LibXML", ["CLibXML2"])
        + stage("BootReports", ["BootModel", "LibXML", "FlameGraphs"])
        + ["StatisticsProbe"].map { name in
            // Tools of the development of Bootmark, and no product.
            .executableTarget(
                name: name, dependencies: ["BootStatistics"], path: "Benchmarks/" + name,
                swiftSettings: settings)
        }
)
