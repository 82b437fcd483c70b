"""Binary trees, which several workloads grow."""

from meter import Node


def depth(objects):
    """The depth of the largest complete tree of at most so many nodes; a tree of depth 0 is one node."""
    return max(objects + 1, 2).bit_length() - 2


def size(depth):
    """The number of nodes of a complete tree."""
    return (2 << depth) - 1


def bottom_up(depth):
    """Grows a tree from its leaves: the children first, then their parent."""
    if depth == 0:
        return Node()
    left = bottom_up(depth - 1)
    right = bottom_up(depth - 1)
    return Node(left, right)


def top_down(depth):
    """Grows a tree from its root: each node gets its children, then they theirs."""
    root = Node()
    populate(root, depth)
    return root


def populate(node, depth):
    if depth == 0:
        return
    node.left = Node()
    node.right = Node()
    populate(node.right, depth - 1)
    populate(node.left, depth - 1)


def count(node):
    """Counts the nodes of a tree by walking it."""
    nodes = 1
    if node.left is not None:
        nodes += count(node.left)
    if node.right is not None:
        nodes += count(node.right)
    return nodes
