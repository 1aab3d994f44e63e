import LibXML

/// What each dialect's schemas and consumers ask of a file, beyond being XML: a list of what is broken.
struct JUnitRules {
    var broken: [String] = []

    /// The rules that hold in every dialect.
    mutating func checkCommon(_ root: XMLTree) {
        let suites = root.name == "testsuite" ? [root] : root.children
        let cases = suites.flatMap { $0.children(named: "testcase") }
        expect(Set(suites.map { $0["name"] }).count == suites.count, "two suites have one name")
        expect(
            Set(cases.map { [$0["classname"], $0["name"]] }).count == cases.count, "two cases have one name")
        for suite in suites {
            expect(suite.name == "testsuite", "the root holds <\(suite.name)>")
            expect(suite.children.first?.name == "properties", "properties come first")
            checkCounts(suite)
            checkTime(suite)
            for testCase in suite.children(named: "testcase") { checkCase(testCase) }
            var names: Set<String> = []
            for property in suite.children(named: "properties").flatMap(\.children) {
                expect(property.name == "property", "properties hold <\(property.name)>")
                expect(names.insert(property["name"] ?? "").inserted, "two properties have one name")
                expect(
                    property["name"]?.isEmpty == false && property["value"] != nil, "a property lacks a part")
            }
        }
    }

    /// windyroad's JUnit.xsd.
    mutating func checkAnt(_ root: XMLTree) {
        expect(root.name == "testsuites" && root.attributes.isEmpty, "the root is a bare <testsuites>")
        for (index, suite) in root.children.enumerated() {
            let names = Set(suite.attributes.map(\.name))
            let wanted: Set = [
                "name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "skipped",
                "time",
            ]
            expect(names == wanted, "the attributes are \(names.sorted())")
            expect(suite["id"] == String(index), "the id counts up from 0")
            expect(suite["hostname"]?.isEmpty == false, "there is a host name")
            checkTimestamp(suite["timestamp"])
            let order = suite.children.map(\.name)
            let cases = suite.children(named: "testcase").count
            expect(
                order == ["properties"] + Array(repeating: "testcase", count: cases)
                    + ["system-out", "system-err"], "the children are \(order)")
            for testCase in suite.children(named: "testcase") {
                expect(
                    Set(testCase.children.map(\.name)).isSubset(of: ["skipped", "error", "failure"]),
                    "a case holds output")
            }
        }
    }

    /// Surefire's schema 3.0.2, which forbids what it does not know.
    mutating func checkSuite(_ root: XMLTree) {
        expect(root.name == "testsuite", "the root is a single <testsuite>")
        let names = Set(root.attributes.map(\.name))
        expect(
            names == ["name", "time", "tests", "errors", "skipped", "failures"],
            "the attributes are \(names.sorted())")
        expect(
            Set(root.children.map(\.name)).isSubset(of: ["properties", "testcase"]), "output is in the cases")
        checkOrder(root.children(named: "testcase"))
    }

    /// Jenkins' junit-10.xsd.
    mutating func checkRich(_ root: XMLTree) {
        expect(root.name == "testsuites", "the root is <testsuites>")
        expect(
            Set(root.attributes.map(\.name)).isSubset(of: [
                "name", "time", "tests", "failures", "errors", "disabled",
            ]),
            "the root's attributes are \(root.attributes.map(\.name))")
        checkTime(root)
        for count in ["tests", "failures", "errors"] {
            let sum = root.children.reduce(0) { $0 + (Int($1[count] ?? "") ?? -1) }
            expect(root[count] == String(sum), "the root's \(count) is the sum of the suites'")
        }
        for suite in root.children {
            checkTimestamp(suite["timestamp"])
            checkOrder(suite.children(named: "testcase"))
            for testCase in suite.children(named: "testcase") {
                let lines = (testCase.children(named: "system-out").first?.text ?? "").split(
                    separator: "\n", omittingEmptySubsequences: false)
                let attachments = lines.filter { $0.contains("[[ATTACHMENT|") }
                expect(lines.suffix(attachments.count) == attachments[...], "attachments end the output")
            }
        }
    }

    private mutating func checkOrder(_ cases: [XMLTree]) {
        let order = ["failure", "skipped", "error", "system-out", "system-err"]
        for testCase in cases {
            let places = testCase.children.map { order.firstIndex(of: $0.name) ?? -1 }
            expect(
                !places.contains(-1) && places == places.sorted(),
                "a case holds \(testCase.children.map(\.name))")
        }
    }

    private mutating func checkCase(_ testCase: XMLTree) {
        expect(
            Set(testCase.attributes.map(\.name)) == ["name", "classname", "time"],
            "a case has the attributes \(testCase.attributes.map(\.name))")
        expect(testCase["name"]?.isEmpty == false, "a case has no name")
        expect(testCase["classname"]?.isEmpty == false, "a case has no class")
        checkTime(testCase)
        let outcomes = testCase.children.filter { ["skipped", "failure", "error"].contains($0.name) }
        expect(outcomes.count <= 1, "a case has several outcomes")
        for outcome in outcomes {
            expect(outcome.name == "skipped" || outcome["type"]?.isEmpty == false, "an outcome has no type")
            let message = outcome["message"] ?? ""
            expect(
                !message.isEmpty && outcome.text.hasPrefix(message), "the body does not repeat the message")
        }
    }

    private mutating func checkCounts(_ suite: XMLTree) {
        let cases = suite.children(named: "testcase")
        func count(_ name: String) -> String {
            String(cases.filter { !$0.children(named: name).isEmpty }.count)
        }
        expect(suite["tests"] == String(cases.count), "tests is \(suite["tests"] ?? "absent")")
        expect(suite["failures"] == count("failure"), "failures is \(suite["failures"] ?? "absent")")
        expect(suite["errors"] == count("error"), "errors is \(suite["errors"] ?? "absent")")
        expect(suite["skipped"] == count("skipped"), "skipped is \(suite["skipped"] ?? "absent")")
    }

    private mutating func checkTime(_ element: XMLTree) {
        let time = element["time"] ?? "absent"
        expect(time.wholeMatch(of: /[0-9]+\.[0-9]{3}/) != nil, "<\(element.name)> has the time \(time)")
    }

    private mutating func checkTimestamp(_ timestamp: String?) {
        let timestamp = timestamp ?? "absent"
        expect(
            timestamp.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}/) != nil,
            "the timestamp is \(timestamp)")
    }

    private mutating func expect(_ isRight: Bool, _ problem: String) {
        if !isRight { broken.append(problem) }
    }
}
