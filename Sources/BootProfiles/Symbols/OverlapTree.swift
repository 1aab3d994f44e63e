/// The red-black tree in which perf looks symbols up, balanced step by step as the kernel's is.
///
/// Which of several symbols that overlap is found depends on the tree's shape, and so on the order in which they came:
/// without the same tree, names of data that overlaps (Swift's metadata) would be others than perf's.
final class OverlapTree {
    private static let none: Int32 = -1

    private let starts: [UInt64]
    private let ends: [UInt64]
    private var root = none
    // Plain memory: the tree is built once, and asking at each step whether an array is shared takes longer than the step.
    private let left, right, parent: UnsafeMutablePointer<Int32>
    private let isRed: UnsafeMutablePointer<Bool>

    /// An empty tree for symbols that begin at `starts` and end before `ends`; the numbers are their places there.
    init(starts: [UInt64], ends: [UInt64]) {
        self.starts = starts
        self.ends = ends
        let links = { (count: Int) in
            let memory = UnsafeMutablePointer<Int32>.allocate(capacity: count)
            memory.initialize(repeating: OverlapTree.none, count: count)
            return memory
        }
        left = links(starts.count)
        right = links(starts.count)
        parent = links(starts.count)
        isRed = .allocate(capacity: starts.count)
        isRed.initialize(repeating: false, count: starts.count)
    }

    deinit {
        for links in [left, right, parent] { links.deallocate() }
        isRed.deallocate()
    }

    /// The number of the first symbol on the way down that `address` lies in, or nil: O(log n).
    func find(_ address: UInt64) -> Int? {
        var node = root
        while node >= 0 {
            let (start, end) = (starts[Int(node)], ends[Int(node)])
            if address < start {
                node = left[Int(node)]
            } else if address > end || (address == end && address != start) {
                node = right[Int(node)]
            } else {
                return Int(node)
            }
        }
        return nil
    }

    /// Inserts the symbol with the number `number`, behind those that begin where it does.
    func insert(_ number: Int) {
        var node = Int32(number)
        var above = Self.none
        var next = root
        while next >= 0 {
            above = next
            next = starts[number] < starts[Int(next)] ? left[Int(next)] : right[Int(next)]
        }
        parent[number] = above
        isRed[number] = true
        if above < 0 {
            root = node
        } else if starts[number] < starts[Int(above)] {
            left[Int(above)] = node
        } else {
            right[Int(above)] = node
        }
        while case let above = parent[Int(node)], above >= 0, isRed[Int(above)] {
            let grandparent = parent[Int(above)]
            let isLeft = left[Int(grandparent)] == above
            let uncle = isLeft ? right[Int(grandparent)] : left[Int(grandparent)]
            if uncle >= 0, isRed[Int(uncle)] {
                isRed[Int(uncle)] = false
                isRed[Int(above)] = false
                isRed[Int(grandparent)] = true
                node = grandparent
                continue
            }
            if node == (isLeft ? right[Int(above)] : left[Int(above)]) {
                rotate(above, toLeft: isLeft)
                node = above
            }
            isRed[Int(parent[Int(node)])] = false
            isRed[Int(grandparent)] = true
            rotate(grandparent, toLeft: !isLeft)
            break
        }
        isRed[Int(root)] = false
    }

    /// Takes the symbol with the number `number` out.
    func remove(_ number: Int) {
        let node = Int32(number)
        let child: Int32
        let above: Int32
        var wasRed = isRed[number]
        if left[number] < 0 || right[number] < 0 {
            child = left[number] < 0 ? right[number] : left[number]
            above = parent[number]
            replace(node, by: child)
        } else {
            var successor = right[number]
            while left[Int(successor)] >= 0 { successor = left[Int(successor)] }
            wasRed = isRed[Int(successor)]
            child = right[Int(successor)]
            if parent[Int(successor)] == node {
                above = successor
            } else {
                above = parent[Int(successor)]
                replace(successor, by: child)
                right[Int(successor)] = right[number]
                parent[Int(right[number])] = successor
            }
            replace(node, by: successor)
            left[Int(successor)] = left[number]
            parent[Int(left[number])] = successor
            isRed[Int(successor)] = isRed[number]
        }
        if !wasRed { balance(child, below: above) }
    }

    /// Makes up for a black symbol that is missing above `start`, below `above`.
    private func balance(_ start: Int32, below above: Int32) {
        var (node, above) = (start, above)
        while above >= 0, node < 0 || !isRed[Int(node)] {
            let isLeft = left[Int(above)] == node
            var sibling = isLeft ? right[Int(above)] : left[Int(above)]
            if isRed[Int(sibling)] {
                isRed[Int(sibling)] = false
                isRed[Int(above)] = true
                rotate(above, toLeft: isLeft)
                sibling = isLeft ? right[Int(above)] : left[Int(above)]
            }
            let near = isLeft ? left[Int(sibling)] : right[Int(sibling)]
            var far = isLeft ? right[Int(sibling)] : left[Int(sibling)]
            if !(near >= 0 && isRed[Int(near)]), !(far >= 0 && isRed[Int(far)]) {
                isRed[Int(sibling)] = true
                node = above
                above = parent[Int(node)]
                continue
            }
            if !(far >= 0 && isRed[Int(far)]) {
                isRed[Int(near)] = false
                isRed[Int(sibling)] = true
                rotate(sibling, toLeft: !isLeft)
                far = sibling
                sibling = near
            }
            isRed[Int(sibling)] = isRed[Int(above)]
            isRed[Int(above)] = false
            isRed[Int(far)] = false
            rotate(above, toLeft: isLeft)
            return
        }
        if node >= 0 { isRed[Int(node)] = false }
    }

    private func replace(_ old: Int32, by new: Int32) {
        let above = parent[Int(old)]
        if new >= 0 { parent[Int(new)] = above }
        if above < 0 {
            root = new
        } else if left[Int(above)] == old {
            left[Int(above)] = new
        } else {
            right[Int(above)] = new
        }
    }

    private func rotate(_ node: Int32, toLeft: Bool) {
        let above = toLeft ? right[Int(node)] : left[Int(node)]
        let inner = toLeft ? left[Int(above)] : right[Int(above)]
        replace(node, by: above)
        if inner >= 0 { parent[Int(inner)] = node }
        if toLeft {
            right[Int(node)] = inner
            left[Int(above)] = node
        } else {
            left[Int(node)] = inner
            right[Int(above)] = node
        }
        parent[Int(node)] = above
    }
}

extension OverlapTree {
    /// Whether the tree keeps the rules that its depth rests on; for tests.
    var isBalanced: Bool {
        func height(_ node: Int32) -> Int? {
            guard node >= 0 else { return 1 }
            let below = [left[Int(node)], right[Int(node)]]
            for child in below where child >= 0 {
                guard parent[Int(child)] == node, !(isRed[Int(node)] && isRed[Int(child)]) else {
                    return nil
                }
            }
            guard let first = height(below[0]), let second = height(below[1]), first == second else {
                return nil
            }
            return first + (isRed[Int(node)] ? 0 : 1)
        }
        return height(root) != nil
    }
}
