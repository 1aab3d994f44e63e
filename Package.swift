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
    tests: [Target.Dependency]? = []
) -> [Target] {
    let stage = Target.target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
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
    dependencies: [
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
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
        + stage(
            "GuestObserver",
            [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            // The plugin is compiled on the user's machine, where QEMU is, so its source travels inside.
            resources: [
                "channel.h", "configuration.c", "contexts.c", "counters.c", "hash.c", "milestones.c",
                "plugin.c", "plugin.h", "profile.c", "qemu_api.h", "serial.c", "stacks.h", "symbols.c",
                "threads.c",
            ].map { .embedInCode("plugin/" + $0) },
            tests: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ])
)
