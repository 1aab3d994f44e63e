/// The red-black tree in which perf looks symbols up, balanced step by step as the kernel's is.
///
/// Which of several symbols that overlap is found depends on the tree's shape, and so on the order in which they came:
/// without the same tree, names of data that overlaps (Swift's metadata) would be others than perf's.
final class OverlapTree {
    private struct Node {
        var left = OverlapTree.none
        var right = OverlapTree.none
        var parent = OverlapTree.none
        var isRed = false
    }

    private static let none: Int32 = -1

    private let starts: [UInt64]
    private let ends: [UInt64]
    private var root = none
    // Plain memory: the tree is built once, and asking at each step whether an array is shared takes longer than the step.
    private let nodes: UnsafeMutablePointer<Node>

    /// An empty tree for symbols that begin at `starts` and end before `ends`; the numbers are their places there.
    init(starts: [UInt64], ends: [UInt64]) {
        self.starts = starts
        self.ends = ends
        nodes = .allocate(capacity: starts.count)
        nodes.initialize(repeating: Node(), count: starts.count)
    }

    deinit { nodes.deallocate() }

    /// The number of the first symbol on the way down that `address` lies in, or nil: O(log n).
    func find(_ address: UInt64) -> Int? {
        var node = root
        while node >= 0 {
            let (start, end) = (starts[Int(node)], ends[Int(node)])
            if address < start {
                node = nodes[Int(node)].left
            } else if address > end || (address == end && address != start) {
                node = nodes[Int(node)].right
            } else {
                return Int(node)
            }
        }
        return nil
    }

    /// Inserts into the empty tree the symbols with the numbers below `count`, one after the other: O(n).
    ///
    /// A symbol is put below one of its neighbours among those before it. They are found from the end: without the
    /// symbols behind it, its neighbours are those that it has among all that are left.
    /// - Parameter order: The numbers of all symbols from the lowest beginning, those with the same in their own order.
    func insert(first count: Int, order: some Sequence<Int32>) {
        // Until a symbol is in the tree, left and right of it stand its neighbours.
        var last = Self.none
        for number in order where number < count {
            nodes[Int(number)].left = last
            if last >= 0 { nodes[Int(last)].right = number }
            last = number
        }
        for number in stride(from: count - 1, through: 0, by: -1) {
            let (left, right) = (nodes[number].left, nodes[number].right)
            if left >= 0 { nodes[Int(left)].right = right }
            if right >= 0 { nodes[Int(right)].left = left }
        }
        for number in 0..<count {
            let (left, right) = (nodes[number].left, nodes[number].right)
            nodes[number] = Node()
            // Of two neighbours in a tree the one is above the other, and has no child on the side between them.
            let isRight = left >= 0 && nodes[Int(left)].right < 0
            attach(Int32(truncatingIfNeeded: number), below: isRight ? left : right, isRight: isRight)
        }
    }

    /// Inserts the symbol with the number `number`, behind those that begin where it does.
    func insert(_ number: Int) {
        var above = Self.none
        var next = root
        while next >= 0 {
            above = next
            next = starts[number] < starts[Int(next)] ? nodes[Int(next)].left : nodes[Int(next)].right
        }
        attach(
            Int32(truncatingIfNeeded: number), below: above,
            isRight: above >= 0 && starts[number] >= starts[Int(above)])
    }

    private func attach(_ new: Int32, below above: Int32, isRight: Bool) {
        nodes[Int(new)].parent = above
        nodes[Int(new)].isRed = true
        if above < 0 {
            root = new
        } else if isRight {
            nodes[Int(above)].right = new
        } else {
            nodes[Int(above)].left = new
        }
        var node = new
        while case let above = nodes[Int(node)].parent, above >= 0, nodes[Int(above)].isRed {
            let grandparent = nodes[Int(above)].parent
            let isLeft = nodes[Int(grandparent)].left == above
            let uncle = isLeft ? nodes[Int(grandparent)].right : nodes[Int(grandparent)].left
            if uncle >= 0, nodes[Int(uncle)].isRed {
                nodes[Int(uncle)].isRed = false
                nodes[Int(above)].isRed = false
                nodes[Int(grandparent)].isRed = true
                node = grandparent
                continue
            }
            if node == (isLeft ? nodes[Int(above)].right : nodes[Int(above)].left) {
                rotate(above, toLeft: isLeft)
                node = above
            }
            nodes[Int(nodes[Int(node)].parent)].isRed = false
            nodes[Int(grandparent)].isRed = true
            rotate(grandparent, toLeft: !isLeft)
            break
        }
        nodes[Int(root)].isRed = false
    }

    /// Takes the symbol with the number `number` out.
    func remove(_ number: Int) {
        let node = Int32(number)
        let child: Int32
        let above: Int32
        var wasRed = nodes[number].isRed
        if nodes[number].left < 0 || nodes[number].right < 0 {
            child = nodes[number].left < 0 ? nodes[number].right : nodes[number].left
            above = nodes[number].parent
            replace(node, by: child)
        } else {
            var successor = nodes[number].right
            while nodes[Int(successor)].left >= 0 { successor = nodes[Int(successor)].left }
            wasRed = nodes[Int(successor)].isRed
            child = nodes[Int(successor)].right
            if nodes[Int(successor)].parent == node {
                above = successor
            } else {
                above = nodes[Int(successor)].parent
                replace(successor, by: child)
                nodes[Int(successor)].right = nodes[number].right
                nodes[Int(nodes[number].right)].parent = successor
            }
            replace(node, by: successor)
            nodes[Int(successor)].left = nodes[number].left
            nodes[Int(nodes[number].left)].parent = successor
            nodes[Int(successor)].isRed = nodes[number].isRed
        }
        if !wasRed { balance(child, below: above) }
    }

    /// Makes up for a black symbol that is missing above `start`, below `above`.
    private func balance(_ start: Int32, below above: Int32) {
        var (node, above) = (start, above)
        while above >= 0, node < 0 || !nodes[Int(node)].isRed {
            let isLeft = nodes[Int(above)].left == node
            var sibling = isLeft ? nodes[Int(above)].right : nodes[Int(above)].left
            if nodes[Int(sibling)].isRed {
                nodes[Int(sibling)].isRed = false
                nodes[Int(above)].isRed = true
                rotate(above, toLeft: isLeft)
                sibling = isLeft ? nodes[Int(above)].right : nodes[Int(above)].left
            }
            let near = isLeft ? nodes[Int(sibling)].left : nodes[Int(sibling)].right
            var far = isLeft ? nodes[Int(sibling)].right : nodes[Int(sibling)].left
            if !(near >= 0 && nodes[Int(near)].isRed), !(far >= 0 && nodes[Int(far)].isRed) {
                nodes[Int(sibling)].isRed = true
                node = above
                above = nodes[Int(node)].parent
                continue
            }
            if !(far >= 0 && nodes[Int(far)].isRed) {
                nodes[Int(near)].isRed = false
                nodes[Int(sibling)].isRed = true
                rotate(sibling, toLeft: !isLeft)
                far = sibling
                sibling = near
            }
            nodes[Int(sibling)].isRed = nodes[Int(above)].isRed
            nodes[Int(above)].isRed = false
            nodes[Int(far)].isRed = false
            rotate(above, toLeft: isLeft)
            return
        }
        if node >= 0 { nodes[Int(node)].isRed = false }
    }

    private func replace(_ old: Int32, by new: Int32) {
        let above = nodes[Int(old)].parent
        if new >= 0 { nodes[Int(new)].parent = above }
        if above < 0 {
            root = new
        } else if nodes[Int(above)].left == old {
            nodes[Int(above)].left = new
        } else {
            nodes[Int(above)].right = new
        }
    }

    private func rotate(_ node: Int32, toLeft: Bool) {
        let above = toLeft ? nodes[Int(node)].right : nodes[Int(node)].left
        let inner = toLeft ? nodes[Int(above)].left : nodes[Int(above)].right
        replace(node, by: above)
        if inner >= 0 { nodes[Int(inner)].parent = node }
        if toLeft {
            nodes[Int(node)].right = inner
            nodes[Int(above)].left = node
        } else {
            nodes[Int(node)].left = inner
            nodes[Int(above)].right = node
        }
        nodes[Int(node)].parent = above
    }
}

extension OverlapTree {
    /// Whether the tree keeps the rules that its depth rests on; for tests.
    var isBalanced: Bool {
        func height(_ node: Int32) -> Int? {
            guard node >= 0 else { return 1 }
            let below = [nodes[Int(node)].left, nodes[Int(node)].right]
            for child in below where child >= 0 {
                guard nodes[Int(child)].parent == node, !(nodes[Int(node)].isRed && nodes[Int(child)].isRed)
                else {
                    return nil
                }
            }
            guard let first = height(below[0]), let second = height(below[1]), first == second else {
                return nil
            }
            return first + (nodes[Int(node)].isRed ? 0 : 1)
        }
        return height(root) != nil
    }
}
