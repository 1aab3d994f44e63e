import Synchronization

/// A value that several tasks of a test may change.
public final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    /// A shared value.
    public init(_ value: Value) { mutex = Mutex(value) }

    /// The value as it is.
    public var value: Value { mutex.withLock { $0 } }

    /// Changes the value; nobody else sees it meanwhile.
    public func change(_ change: @Sendable (inout Value) -> Void) { mutex.withLock { change(&$0) } }
}
