/** Puts members into groups by what joins them; which pairs come first does not matter. */
export class Groups {
  readonly #parents = new Map<string, string>();

  /** The smallest member of the group. */
  find(member: string): string {
    let root = member;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    for (let at = member; at !== root; ) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  join(left: string, right: string): void {
    const a = this.find(left);
    const b = this.find(right);
    if (a === b) return;
    const [smaller, greater] = a < b ? [a, b] : [b, a];
    this.#parents.set(greater, smaller);
  }

  /** The groups of more than one, each sorted, in order of their smallest members. */
  all(): string[][] {
    const groups = new Map<string, Set<string>>();
    for (const member of [...this.#parents.keys()]) {
      const root = this.find(member);
      groups.set(root, (groups.get(root) ?? new Set([root])).add(member));
    }
    return [...groups.values()]
      .map((members) => [...members].sort())
      .sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
  }
}
