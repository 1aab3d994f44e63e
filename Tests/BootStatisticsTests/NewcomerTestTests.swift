import BootStatistics
import XCTest

final class NewcomerTestTests: XCTestCase {
    func testStudentsTailsAgreeWithSciPy() {
        let tails: [Int: [Double]] = [
            1: [0.5, 0.35241638234956674, 0.8975836176504333, 0.025410673666115897],
            2: [0.5, 0.33333333333333337, 0.9522670168666454, 0.003169604051772342],
            3: [0.5, 0.3257239824240755, 0.9711655571887814, 0.0005518156655480292],
            4: [0.5, 0.32166498159093165, 0.9800290159641406, 0.00011780802344634986],
            7: [0.5, 0.3162035678446422, 0.9900289369340037, 2.4162090115905006e-06],
            10: [0.5, 0.3139468028714865, 0.9933281724887152, 9.941273180689128e-08],
        ]
        for (freedom, expected) in tails {
            for (t, tail) in zip([0, 0.5, -3, 12.5], expected) {
                XCTAssertEqual(StudentDistribution.upperTail(t, freedom: freedom), tail, accuracy: 1e-12)
            }
        }
        XCTAssertEqual(
            StudentDistribution.upperQuantile(0.01, freedom: 3), 4.5407028585681335, accuracy: 1e-9)
        XCTAssertTrue(StudentDistribution.upperTail(1, freedom: 0).isNaN)
        XCTAssertTrue(StudentDistribution.upperQuantile(0, freedom: 3).isNaN)
    }

    func testANewcomerIsOneMoreDraw() throws {
        let test = try NewcomerTest(3.6, among: [3.1, 2.9, 3.05, 3.2])
        XCTAssertEqual(test.difference, 0.5375, accuracy: 1e-12)
        XCTAssertEqual(test.error, 0.13975424859373697, accuracy: 1e-12)
        XCTAssertEqual(test.pValue(above: 0), 0.015511483353758043, accuracy: 1e-12)
        XCTAssertEqual(test.pValue(below: 0), 1 - 0.015511483353758043, accuracy: 1e-12)
        let margin = test.margin(confidence: 0.99)
        XCTAssertEqual(test.pValue(above: test.difference - margin), 0.01, accuracy: 1e-9)
        XCTAssertEqual(test.pValue(below: test.difference + margin), 0.01, accuracy: 1e-9)
    }

    func testEqualOthersLeaveNoDoubt() throws {
        let test = try NewcomerTest(5, among: [4, 4, 4])
        XCTAssertEqual([test.pValue(above: 0.5), test.pValue(above: 1), test.pValue(below: 2)], [0, 1, 0])
        XCTAssertEqual(test.margin(confidence: 0.99), 0)
        // Sixths of these do not add up to them.
        for value in [0.1, 7.0] {
            let same = try NewcomerTest(value, among: Array(repeating: value, count: 6))
            XCTAssertEqual(
                [same.difference, same.error, same.pValue(above: 0), same.pValue(below: 0)], [0, 0, 1, 1])
        }
    }

    func testTooFewOrUnusableOthersAreRefused() {
        XCTAssertThrowsError(try NewcomerTest(1, among: [2]))
        XCTAssertThrowsError(try NewcomerTest(1, among: []))
        XCTAssertThrowsError(try NewcomerTest(.nan, among: [1, 2]))
        XCTAssertThrowsError(try NewcomerTest(1, among: [1, .infinity]))
    }
}
