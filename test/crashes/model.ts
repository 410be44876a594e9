/**
 * What must be there, by what clients were told. Of a change that was neither acknowledged nor refused nobody knows: until somebody reads the object,
 * both outcomes may be. Names are used once, so what is gone stays gone.
 */

/** The mark of the last change; undefined: not there. */
export type Version = string | undefined;

/** Whether it is asked to go: not at all, perhaps (nobody acknowledged it, or it hangs on something that goes), or for certain. */
export type Fate = 'stays' | 'perhaps' | 'goes';

export interface ObjectName {
  /** Plural of the kind, as in the path. */
  readonly plural: string;
  /** Undefined for projects. */
  readonly project: string | undefined;
  readonly name: string;
}

export interface Known extends ObjectName {
  /** What it may be now; never empty. */
  possible: ReadonlySet<Version>;
  fate: Fate;
  /** Names of what it needs in its project: a snapshot its instance, an instance its network. */
  readonly needs: string | undefined;
}

export const nameOf = ({ plural, project, name }: ObjectName): string =>
  `${plural}/${project === undefined ? '' : `${project}/`}${name}`;

/** An acknowledged change was lost, or one happened that nobody made. */
export class LostChange extends Error {
  override readonly name = 'LostChange';
}

export class Model {
  readonly #objects = new Map<string, Known>();

  all(): readonly Known[] {
    return [...this.#objects.values()];
  }

  /** Those that are there for certain and that nobody wants gone. */
  living(plural: string): readonly Known[] {
    return this.all().filter(
      (one) => one.plural === plural && one.fate === 'stays' && !one.possible.has(undefined),
    );
  }

  /** Those that may be there: what counts when there is only so much room. */
  mayLive(plural: string): readonly Known[] {
    return this.all().filter((one) => one.plural === plural && !isGone(one));
  }

  /** A name nobody has used yet. */
  add(name: ObjectName, needs?: string): Known {
    const known: Known = { ...name, possible: new Set([undefined]), fate: 'stays', needs };
    this.#objects.set(nameOf(name), known);
    return known;
  }

  written(known: Known, mark: string): void {
    known.possible = new Set([mark]);
  }

  maybeWritten(known: Known, mark: string): void {
    known.possible = new Set([...known.possible, mark]);
  }

  /** It goes, sooner or later, with what belongs to it. */
  deleted(known: Known): void {
    this.#go(known, 'goes');
  }

  maybeDeleted(known: Known): void {
    this.#go(known, 'perhaps');
  }

  /** Somebody read it. Throws when it cannot be so. */
  seen(known: Known, version: Version, how: string): void {
    if (!known.possible.has(version)) {
      const possible = [...known.possible].map((one) => one ?? 'not there').join(' or ');
      throw new LostChange(`${nameOf(known)} should be ${possible}; ${how}: ${version ?? 'not there'}`);
    }
    // What goes may be gone the next moment.
    known.possible = new Set(known.fate === 'stays' ? [version] : [version, undefined]);
  }

  #go(known: Known, fate: 'perhaps' | 'goes'): void {
    if (known.fate === 'goes') return;
    known.fate = fate;
    known.possible = new Set([...known.possible, undefined]);
    for (const other of this.#objects.values()) {
      if (known.plural === 'namespaces' && other.project === known.name) this.#go(other, fate);
      // A snapshot that was never taken does not belong to its instance yet, and stays without it.
      if (known.plural === 'instances' && isSnapshotOf(other, known)) this.#go(other, 'perhaps');
    }
  }
}

export const isGone = ({ possible }: Known): boolean => possible.size === 1 && possible.has(undefined);

const isSnapshotOf = (snapshot: Known, instance: Known): boolean =>
  snapshot.plural === 'instancesnapshots' &&
  snapshot.project === instance.project &&
  snapshot.needs === instance.name;
