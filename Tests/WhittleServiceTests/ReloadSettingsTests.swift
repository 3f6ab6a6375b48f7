import OnlineLearning
import Testing
import WhittleProtocol

@testable import WhittleService

/// What becomes of settings that are read again.
struct ReloadSettingsTests {
  private func loaded(_ values: [String: String]) throws -> LoadedSettings {
    try LoadedSettings(file: nil, environment: [:], flags: values.mapValues { [$0] })
  }

  /// Each setting by itself either holds now or is pending, and the report says what is in force.
  @Test(arguments: SettingTable.all.map(\.key))
  func eachChangesNowOrIsPending(key: String) throws {
    let setting = try #require(SettingTable.byKey[key])
    let value = try #require(SettingValue.byKey[key])
    // Naming an endpoint of samples replaces all the others, so that those are named here.
    let endpoints = [
      "ingest.sub.bind": "ipc:///a", "ingest.sub.connect": "ipc:///b", "ingest.pull.bind": "ipc:///c",
      "ingest.pull.connect": "ipc:///d", "ingest.router.bind": "ipc:///e", "ingest.router.connect": "ipc:///f",
    ]
    let before = try loaded(endpoints)
    let new = try loaded(endpoints.merging([key: value.text]) { $1 })
    let reload = try before.reloaded(as: new)
    #expect(reload.givenUp.isEmpty)
    #expect(reload.changed.map(\.key) == (setting.changesAtOnce ? [key] : []))
    #expect(reload.pending.map(\.key) == (setting.changesAtOnce ? [] : [key]))
    #expect(reload.loaded.settings == (setting.changesAtOnce ? new : before).settings)
    #expect(reload.loaded.origin(of: key) == (setting.changesAtOnce ? .flag : before.origin(of: key)))
    // It is named again as long as it is pending, and not once it is as it was.
    #expect(try reload.loaded.reloaded(as: new).pending.map(\.key) == reload.pending.map(\.key))
    #expect(try reload.loaded.reloaded(as: new).changed.isEmpty)
    let back = try reload.loaded.reloaded(as: before)
    #expect(back.pending.isEmpty && back.loaded.settings == before.settings)
  }

  /// Whatever a setting is, it is copied as it is.
  @Test(arguments: SettingTable.all.map(\.key))
  func copies(key: String) throws {
    let setting = try #require(SettingTable.byKey[key])
    let value = try #require(SettingValue.byKey[key])
    var given = Settings()
    #expect(setting.assign(setting.isList ? value.text.split(separator: ",").map(String.init) : [value.text], &given))
    var copy = Settings()
    setting.copy(from: given, to: &copy)
    #expect(copy == given)
    setting.copy(from: Settings(), to: &copy)
    #expect(copy == Settings())
  }

  @Test func whatWasSetHoldsUntilTheConfigurationChangesIt() throws {
    let before = try loaded(["penalty.l1": "0.1", "penalty.l2": "0.1"])
      .changed(by: ["penalty.l1": .number(0.5), "penalty.l2": .number(0.5)])
    let reload = try before.reloaded(as: loaded(["penalty.l1": "0.1", "penalty.l2": "0.2", "penalty.period": "3"]))
    #expect(reload.loaded.settings.learner.penalty.l1 == 0.5)
    #expect(reload.loaded.settings.learner.penalty.l2 == 0.2)
    #expect(reload.loaded.origin(of: "penalty.l1") == .set && reload.loaded.origin(of: "penalty.l2") == .flag)
    #expect(Set(reload.changed.map(\.key)) == ["penalty.l2", "penalty.period"])
    #expect(reload.givenUp.map(\.key) == ["penalty.l2"])
  }

  @Test func whatChangesNowMustGoTogetherWithWhatStays() throws {
    let before = try loaded(["features.space": "hashed"])
    let new = try loaded(["features.space": "dictionary", "penalty.factors": "a=0"])
    #expect(throws: InvalidConfiguration.self) { try before.reloaded(as: new) }
    #expect(try new.reloaded(as: before).pending.map(\.key) == ["features.space"])
  }
}
