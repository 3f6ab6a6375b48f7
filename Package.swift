// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// For the rooms that every sample goes through. Debug builds, which all Swift tests are, check at run time that nothing is read while
/// it changes; asking at every turn costs the released daemon a tenth of its time.
let hot = strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// For what runs only where the processor has AVX2. Other processors than x86-64 get the same code, and do without.
#if arch(x86_64)
  let wide = strict + [.unsafeFlags(["-Xcc", "-mavx2"])]
#else
  let wide = strict
#endif

let package = Package(
  name: "whittle",
  products: [
    .library(name: "OnlineLearning", targets: ["OnlineLearning"]),
    .library(name: "WhittleClient", targets: ["WhittleClient", "WhittleProtocol"]),
    .executable(name: "whittled", targets: ["whittled"]),
    .executable(name: "whittle", targets: ["whittle"]),
    .executable(name: "bench", targets: ["bench"]),
    .library(name: "fuzzing", type: .static, targets: ["Fuzzing"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .target(
      name: "CSimdJSON",
      cxxSettings: [
        .treatAllWarnings(as: .error),
        // What simdjson checks in debug builds would limit nesting to less than JSON_MAX_DEPTH.
        .define("SIMDJSON_DEVELOPMENT_CHECKS", to: "0"), .define("SIMDJSON_EXCEPTIONS", to: "0"),
      ],
      linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "ZeroMQ", dependencies: ["CZeroMQ"], swiftSettings: strict),
    .systemLibrary(name: "CProcessor"),
    .systemLibrary(name: "CLinux"),
    .target(name: "WideRows", dependencies: ["CProcessor"], swiftSettings: wide),
    .target(name: "OnlineLearning", dependencies: ["CProcessor", "WideRows"], swiftSettings: strict),
    .target(
      name: "SampleFormats", dependencies: ["OnlineLearning", "CSimdJSON", "CProcessor"], swiftSettings: hot),
    .target(name: "OperatingThreads", dependencies: ["CLinux"], swiftSettings: strict),
    .target(
      name: "ModelStore", dependencies: ["OnlineLearning", "OperatingThreads", "CProcessor", "CLinux"],
      swiftSettings: strict),
    .target(
      name: "ModelCatalog",
      dependencies: [
        "OnlineLearning", "ModelStore", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "StreamLearning", dependencies: ["OnlineLearning", "SampleFormats", "ModelStore"], swiftSettings: hot),
    .target(name: "WhittleProtocol", exclude: ["Schemas"], swiftSettings: strict),
    .target(
      name: "WhittleService",
      dependencies: [
        "ZeroMQ", "OnlineLearning", "SampleFormats", "ModelStore", "ModelCatalog", "StreamLearning",
        "WhittleProtocol", "OperatingThreads",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: hot),
    .target(
      name: "WhittleHTTP",
      dependencies: [
        "WhittleService", "WhittleProtocol",
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("Dashboard")],
      swiftSettings: strict),
    .target(
      name: "WhittleClient", dependencies: ["ZeroMQ", "WhittleProtocol", "OperatingThreads"], swiftSettings: strict),
    .executableTarget(
      name: "whittled",
      dependencies: [
        "WhittleService", "WhittleHTTP", "WhittleProtocol",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "whittle",
      dependencies: [
        "WhittleClient", "WhittleProtocol", "ModelStore", "ModelCatalog", "OnlineLearning", "SampleFormats",
        "StreamLearning", "OperatingThreads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "bench",
      dependencies: [
        "OnlineLearning", "SampleFormats", "ModelStore", "WhittleClient", "WhittleProtocol", "ZeroMQ", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["OnlineLearning"], path: "Tests/TestSupport", swiftSettings: strict),
    .target(
      name: "DiskDoubles", dependencies: ["ModelStore", "TestSupport"], path: "Tests/DiskDoubles",
      swiftSettings: strict),
    .target(
      name: "Fuzzing", dependencies: ["OnlineLearning", "SampleFormats"], path: "Tests/Fuzzing", exclude: ["Corpus"],
      swiftSettings: strict),
    .executableTarget(
      name: "learning-harness", dependencies: ["OnlineLearning", "SampleFormats", "TestSupport"],
      path: "Tests/LearningHarness",
      swiftSettings: strict),
    .executableTarget(
      name: "allocation-count", dependencies: ["OnlineLearning", "SampleFormats", "CAllocationCounter"],
      path: "Tests/AllocationCount",
      swiftSettings: strict),
    .executableTarget(
      name: "client-examples", dependencies: ["WhittleClient", "WhittleProtocol"], path: "Tests/ClientExamples",
      swiftSettings: strict),
    .testTarget(name: "ZeroMQTests", dependencies: ["ZeroMQ"], swiftSettings: strict),
    .testTarget(
      name: "OnlineLearningTests", dependencies: ["OnlineLearning", "CProcessor", "TestSupport"], swiftSettings: strict),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "SampleFormatsTests",
      dependencies: ["SampleFormats", "OnlineLearning", "TestSupport", "CAllocationCounter"],
      swiftSettings: strict),
    .testTarget(
      name: "ModelStoreTests",
      dependencies: ["ModelStore", "OnlineLearning", "TestSupport", "DiskDoubles", "CProcessor"],
      swiftSettings: strict),
    .testTarget(
      name: "ModelCatalogTests",
      dependencies: [
        "ModelCatalog", "ModelStore", "OnlineLearning", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WhittleProtocolTests", dependencies: ["WhittleProtocol", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "WhittleServiceTests",
      dependencies: [
        "WhittleService", "WhittleProtocol", "ModelStore", "ModelCatalog", "OnlineLearning", "StreamLearning",
        "SampleFormats", "ZeroMQ", "OperatingThreads", "TestSupport", "DiskDoubles",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WhittleHTTPTests",
      dependencies: [
        "WhittleHTTP", "WhittleService", "TestSupport",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WhittleTests",
      dependencies: [
        "whittle", "WhittleClient", "WhittleProtocol", "OnlineLearning", "ZeroMQ", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
