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
        .library(name: "Bootmark", targets: ["Bootmark"]),
        .executable(name: "bootmark", targets: ["BootmarkCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CRenameAt2"),
        .target(name: "CBootLauncher"),
    ]
        + stage("BootModel")
        + stage("Bootmark", ["BootModel"])
        + stage("BootStatistics")
        + stage("BootProfiles", ["BootModel"])
        + stage("FlameGraphs", ["BootModel", "BootProfiles"])
        + stage("BootStore", ["BootModel", "CZlib", "CRenameAt2"])
        + stage(
            "BootRunner",
            [
                "BootModel", "BootStore", "CBootLauncher", "CPCRE2",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ])
        + stage("BootComparison", ["BootModel", "BootStatistics", "BootProfiles"])
        + stage("LibXML", ["CLibXML2"])
        + stage("BootReports", ["BootModel", "BootStore", "LibXML"], tests: ["BootStore", "LibXML"])
        + [
            // Its folder cannot be called `bootmark`: a file system that ignores case would merge it with `Bootmark`.
            .executableTarget(
                name: "BootmarkCommand",
                dependencies: [
                    "BootModel", "BootStore", "BootRunner", "BootComparison", "BootReports", "BootProfiles",
                    "FlameGraphs", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                ], swiftSettings: settings)
        ]
)
