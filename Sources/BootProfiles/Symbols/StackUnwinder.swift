import CElfutils
import Glibc

/// A thread's registers and the top of its stack, as `perf record --call-graph dwarf` keeps them.
struct UserStack {
    /// The registers in the order of DWARF's numbers, as far as the machine has them.
    var registers: [UInt64] = []
    /// The program counter, which DWARF does not number on every machine.
    var programCounter: UInt64 = 0
    /// The stack pointer: the address of the stack's first byte.
    var stackPointer: UInt64 = 0
    /// The stack's bytes.
    var stack: UnsafeRawBufferPointer
}

/// Finds the callers of functions from their recorded stacks, by the call frame information of their files.
///
/// Elfutils' unwinder does the work; each stack is walked once, in the address space that it was taken in.
final class StackUnwinder {
    /// A file that holds code of the process.
    struct File: Hashable {
        var path: String
        /// What is added to the file's addresses where it is mapped.
        var bias: UInt64
    }

    /// As many frames as perf script shows.
    private static let mostFrames = 127

    /// What the callbacks of elfutils see.
    private final class State {
        var user = UserStack(stack: UnsafeRawBufferPointer(start: nil, count: 0))
        var addresses: [UInt64] = []
        /// Whether anything was asked for that lies outside of what was kept of the stack.
        var wasCut = false
        /// Whether it was when the last function's caller was looked for.
        var isCut = false
    }

    private let session: DwarfSession
    private let state = State()
    private let thread: Int32 = 1
    private let callbacks: UnsafeMutablePointer<Dwfl_Thread_Callbacks>

    /// An unwinder for processes that map `files`; nil where elfutils can do nothing with them.
    init?(files: [File], root: String) {
        guard let session = DwarfSession(root: root) else { return nil }
        var count = 0
        for file in Set(files) where session.add(file.path, bias: file.bias) != nil { count += 1 }
        session.finish()
        guard count > 0 else { return nil }
        self.session = session
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: Dwfl_Thread_Callbacks(
                next_thread: { _, argument, thread in
                    guard thread?.pointee == nil else { return 0 }
                    thread?.pointee = argument
                    return 1
                },
                get_thread: { _, _, argument, thread in
                    thread?.pointee = argument
                    return true
                },
                memory_read: { _, address, result, argument in
                    guard let argument, let result else { return false }
                    return StackUnwinder.read(address, result, argument)
                },
                set_initial_registers: { thread, argument in
                    guard let thread, let argument else { return false }
                    return StackUnwinder.setRegisters(thread, argument)
                },
                detach: nil, thread_detach: nil))
        let argument = Unmanaged.passUnretained(state).toOpaque()
        guard dwfl_attach_state(session.handle, nil, thread, callbacks, argument) else {
            callbacks.deallocate()
            return nil
        }
    }

    deinit { callbacks.deallocate() }

    /// Calls `body` with the addresses of the callers of `user`, innermost first: the point where the thread was
    /// stopped, then a byte inside each call.
    func unwind(_ user: UserStack, _ body: ([UInt64]) -> Void) {
        state.user = user
        state.wasCut = false
        state.isCut = false
        state.addresses.removeAll(keepingCapacity: true)
        let argument = Unmanaged.passUnretained(state).toOpaque()
        _ = dwfl_getthread_frames(
            session.handle, thread,
            { frame, argument in
                guard let frame, let argument else { return 1 }
                return StackUnwinder.add(frame, argument)
            }, argument)
        state.user.stack = UnsafeRawBufferPointer(start: nil, count: 0)
        // What called the last function stands in a part of the stack that was not kept; perf says so too.
        let isCut = state.isCut || (state.wasCut && !isOutermost(state.addresses.last ?? 0))
        if isCut, state.addresses.count < Self.mostFrames { state.addresses.append(.max) }
        // Where not even the registers could be set, the point where the thread stopped is still known.
        if state.addresses.isEmpty { state.addresses.append(user.programCounter) }
        body(state.addresses)
    }

    /// Whether the function at `address` is said to have no caller.
    private func isOutermost(_ address: UInt64) -> Bool {
        guard let module = dwfl_addrmodule(session.handle, address) else { return false }
        var bias: Dwarf_Addr = 0
        var frame: OpaquePointer?
        guard let rules = dwfl_module_eh_cfi(module, &bias),
            dwarf_cfi_addrframe(rules, address &- bias, &frame) == 0, let frame
        else { return false }
        defer { free(UnsafeMutableRawPointer(frame)) }
        return withUnsafeTemporaryAllocation(of: Dwarf_Op.self, capacity: 3) { space in
            guard let base = space.baseAddress else { return false }
            var rule: UnsafeMutablePointer<Dwarf_Op>?
            var count = 0
            let column = dwarf_frame_info(frame, nil, nil, nil)
            return dwarf_frame_register(frame, column, base, &rule, &count) == 0 && count == 0 && rule == base
        }
    }

    private static func state(_ argument: UnsafeMutableRawPointer) -> State {
        Unmanaged<State>.fromOpaque(argument).takeUnretainedValue()
    }

    private static func read(
        _ address: UInt64, _ result: UnsafeMutablePointer<UInt64>, _ argument: UnsafeMutableRawPointer
    ) -> Bool {
        let state = state(argument)
        let user = state.user
        guard address >= user.stackPointer, let offset = Int(exactly: address - user.stackPointer),
            offset < user.stack.count - 8
        else {
            state.wasCut = true
            state.isCut = true
            return false
        }
        result.pointee = user.stack.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return true
    }

    private static func setRegisters(_ thread: OpaquePointer, _ argument: UnsafeMutableRawPointer) -> Bool {
        let user = state(argument).user
        dwfl_thread_state_register_pc(thread, user.programCounter)
        return user.registers.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return false }
            return dwfl_thread_state_registers(thread, 0, UInt32($0.count), base)
        }
    }

    private static func add(_ frame: OpaquePointer, _ argument: UnsafeMutableRawPointer) -> Int32 {
        let state = state(argument)
        var address: Dwarf_Addr = 0
        var isActivation = false
        guard dwfl_frame_pc(frame, &address, &isActivation) else { return 1 }
        state.isCut = false
        if address != 0 { state.addresses.append(isActivation ? address : address - 1) }
        return state.addresses.count < mostFrames ? 0 : 1
    }
}
