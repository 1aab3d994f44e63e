import Bootmark
import Testing

/// The smallest of the scenarios, and the only one that needs no network to build; under Swift Testing.
@Suite struct TinyBootTests {
    @Test(.boots(.tiny)) func coldBootStaysWithinBudget() {}
    @Test(.boots(.tinyExact)) func exactBootStaysAsItWas() {}
}
