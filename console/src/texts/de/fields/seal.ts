/** What kinds of the group seal.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    from: 'Von',
    offset: 'Abweichung',
    owner: 'Verantwortlich',
    direction: 'Richtung',
    peers: 'Gegenstellen',
    'valid until': 'Gültig bis',
    flow: 'Verbindung',
    probe: 'Prüfung',
    probed: 'Geprüft',
    report: 'Bericht',
    enforced: 'Durchgesetzt',
    processes: 'Prozesse',
    flows: 'Verbindungen',
    why: 'Warum',
    bridges: 'Bridges',
    time: 'Zeit',
    probes: 'Prüfungen',
    destination: 'Ziel',
    packets: 'Datenpakete',
    'own probe': 'Eigene Prüfung',
    'attempts in all': 'Versuche insgesamt',
    'offset ms': 'Abweichung (ms)',
    stratum: 'Stratum',
    'on time': 'Zeit stimmt',
  },
  descriptions: {
    'A declared flow between the region and something that is not of it. It counts once two people other than who asks approved it, and until its time is over.':
      'Eine erklärte Verbindung zwischen der Region und etwas, das nicht dazugehört. Sie gilt, sobald zwei andere als die anfragende Person zugestimmt haben, und bis ihre Zeit um ist.',
    'Out: begun by the region, and only let out when declared. In: begun by others; listed in the matrix, and let in by what serves it (the API’s listener, a Forward).':
      'Out: von der Region begonnen, und nur hinausgelassen, wenn erklärt. In: von anderen begonnen; in der Matrix aufgeführt, und eingelassen von dem, was sie bedient (der API, einer Weiterleitung).',
    'Whose end it is here: the region’s own processes, or instances.':
      'Wessen Ende es hier ist: das der eigenen Prozesse der Region, oder das von Instanzen.',
    'Of instances: the IPv4 ranges of the region’s networks that it is for. Absent: all.':
      'Bei Instanzen: die IPv4-Bereiche der Netze der Region, für die sie gilt. Ohne Angabe: alle.',
    'The other end: ranges such as 203.0.113.7/32 or 2001:db8:7::/48. Never a name.':
      'Das andere Ende: Bereiche wie 203.0.113.7/32 oder 2001:db8:7::/48. Nie ein Name.',
    'By which protocol.': 'Mit welchem Protokoll.',
    'The ports at the other end, with tcp and udp. Absent: all.':
      'Die Ports am anderen Ende, mit tcp und udp. Ohne Angabe: alle.',
    'What for, in a sentence that whoever approves can judge.':
      'Wofür, in einem Satz, den beurteilen kann, wer zustimmt.',
    'Who answers for it.': 'Wer dafür einsteht.',
    'When it ends by itself, at most 366 days after it was made (RFC 3339).':
      'Wann sie von selbst endet, höchstens 366 Tage nach dem Anlegen (RFC 3339).',
    'What became of the asking.': 'Was aus der Anfrage wurde.',
    'Who begins.': 'Wer beginnt.',
    'Whose end it is here.': 'Wessen Ende es hier ist.',
    'What passes, to where.': 'Was durchgeht, wohin.',
    'What for.': 'Wofür.',
    'How the region’s air gap is held: its condition Sealed says whether nothing undeclared leaves, and if not, why. The region makes the only one.':
      'Wie die Abschottung der Region gehalten wird: Die Bedingung Sealed sagt, ob nichts Unerklärtes hinausgeht, und wenn doch, warum. Die Region legt das einzige an.',
    'Any new word here asks for a probe, and a report, now.':
      'Jedes neue Wort hier verlangt jetzt eine Prüfung und einen Bericht.',
    'The word of spec.probe that was last answered.':
      'Das Wort aus spec.probe, auf das zuletzt geantwortet wurde.',
    'The SealReport that was made last.': 'Der zuletzt gemachte Siegelbericht.',
    'Whether what is undeclared is dropped, or only counted (region.yaml: seal).':
      'Ob Unerklärtes verworfen oder nur gezählt wird (region.yaml: seal).',
    'The region’s processes that are held.': 'Die Prozesse der Region, die gehalten werden.',
    'Flows that may leave now.': 'Verbindungen, die jetzt hinaus dürfen.',
    'The last report.': 'Der letzte Bericht.',
    'What was probed of the region’s air gap, who tried to leave, and what passed, at one time. Written by the region; each is a leaf of its ledger.':
      'Was an der Abschottung der Region geprüft wurde, wer hinauswollte, und was durchging, zu einem Zeitpunkt. Von der Region geschrieben; jeder ist ein Blatt ihres Protokolls.',
    'When (RFC 3339).': 'Wann (RFC 3339).',
    'What it was made for.': 'Wozu er gemacht wurde.',
    'Whether nothing undeclared leaves, as far as this report can tell.':
      'Ob nichts Unerklärtes hinausgeht, soweit dieser Bericht es sagen kann.',
    'Sealed, or in one word why not.': 'Sealed, oder in einem Wort, warum nicht.',
    'Whether what is undeclared is dropped, or only counted.':
      'Ob Unerklärtes verworfen oder nur gezählt wird.',
    'Processes of the region that are held.': 'Prozesse der Region, die gehalten werden.',
    'Bridges of instances that are held.': 'Bridges von Instanzen, die gehalten werden.',
    'How the region’s clock was: RegionTime’s reason.':
      'Wie es um die Uhr der Region stand: der Grund aus der Zeit der Region.',
    'What is wrong, in words.': 'Was nicht stimmt, in Worten.',
    'What the region tried by itself.': 'Was die Region selbst versucht hat.',
    'Who tried: a process of the region, a network, or an instance.':
      'Wer es versucht hat: ein Prozess der Region, ein Netz oder eine Instanz.',
    'What it stands for: an address outside, a name server, the metadata address, a proxy.':
      'Wofür es steht: eine Adresse draußen, ein Nameserver, die Metadatenadresse, ein Proxy.',
    'Where to.': 'Wohin.',
    'tcp, udp, icmp, or dns: a name asked for; all: nothing could be tried.':
      'tcp, udp, icmp oder dns: ein Name, nach dem gefragt wurde; all: Nichts konnte versucht werden.',
    'Of tcp and udp.': 'Bei tcp und udp.',
    'Blocked: the kernel counted it as dropped. NoRoute: this machine has no way there. Declared: an Interconnection lets it. Escaped: it left, or may have. NotProbed: could not be tried here.':
      'Blocked: Der Kernel hat es als verworfen gezählt. NoRoute: Diese Maschine hat keinen Weg dorthin. Declared: Eine erklärte Verbindung lässt es zu. Escaped: Es ging hinaus, oder vielleicht. NotProbed: Es ließ sich hier nicht versuchen.',
    'What it met.': 'Worauf es stieß.',
    'Who tried to leave undeclared, with what came of it: dropped where enforced.':
      'Wer unerklärt hinauswollte, und was daraus wurde: verworfen, wo es durchgesetzt wird.',
    'A process of the region, or instances.': 'Ein Prozess der Region, oder Instanzen.',
    'The instance’s address.': 'Die Adresse der Instanz.',
    'Whose address that is: organization and network.': 'Wessen Adresse das ist: Organisation und Netz.',
    'Which instance has that address: organization, project and name.':
      'Welche Instanz diese Adresse hat: Organisation, Projekt und Name.',
    'Packets, since it was first seen and within a day.':
      'Datenpakete, seit es zuerst gesehen wurde und innerhalb eines Tages.',
    'The region’s own probe tries this as well.': 'Die eigene Prüfung der Region versucht das auch.',
    'How many different ones there were; more than are listed when they are many.':
      'Wie viele verschiedene es waren; mehr als aufgelistet, wenn es viele sind.',
    'Flows that may leave, with what was seen of each.':
      'Verbindungen, die hinaus dürfen, mit dem, was von jeder gesehen wurde.',
    'The uid of its Interconnection, or what in the settings makes it.':
      'Die uid der erklärten Verbindung, oder was in den Einstellungen sie macht.',
    'The name of its Interconnection.': 'Der Name der erklärten Verbindung.',
    'What it lets pass.': 'Was sie durchlässt.',
    'Packets it let pass since it was put in force.':
      'Datenpakete, die sie seit ihrem Inkrafttreten durchgelassen hat.',
    'Bytes it let pass.': 'Bytes, die sie durchgelassen hat.',
    'Sealed, or why not.': 'Versiegelt, oder warum nicht.',
    'Different attempts seen.': 'Verschiedene beobachtete Versuche.',
    'How the region’s own clock is: where its time comes from, and how far this machine’s clock is away from that. The region makes the only one.':
      'Wie es um die Uhr der Region steht: woher ihre Zeit kommt, und wie weit die Uhr dieser Maschine davon abweicht. Die Region legt die einzige an.',
    'Milliseconds that this machine’s clock was away from the sources when this was written: at each change of OnTime, and hourly.':
      'Millisekunden, um die die Uhr dieser Maschine beim Schreiben von den Quellen abwich: bei jeder Änderung von OnTime, und stündlich.',
    'Steps from a reference clock; 10: this machine’s own clock.':
      'Schritte von einer Referenzuhr; 10: die eigene Uhr dieser Maschine.',
    'Where time comes from, as it is judged.': 'Woher die Zeit kommt, und wie sie beurteilt wird.',
    'Its address, or the name of a clock on this machine.':
      'Die Adresse, oder der Name einer Uhr dieser Maschine.',
    'Selected, Combined: time comes from it. NotCombined: sound, and not needed. Unreachable: it does not answer. False: it contradicts most others. Unsteady: it varies too much.':
      'Selected, Combined: Die Zeit kommt von ihr. NotCombined: in Ordnung, aber nicht nötig. Unreachable: Sie antwortet nicht. False: Sie widerspricht den meisten anderen. Unsteady: Sie schwankt zu sehr.',
    'In milliseconds.': 'In Millisekunden.',
    'Steps from a reference.': 'Schritte von einer Referenz.',
  },
  values: {
    False: 'Falsch',
    In: 'Eingehend',
    Out: 'Ausgehend',
    Region: 'Die Region',
    Instances: 'Instanzen',
    Schedule: 'Nach Zeitplan',
    Asked: 'Verlangt',
    Start: 'Start',
    Disturbed: 'Störung',
    Changed: 'Änderung',
    NoRoute: 'Kein Weg',
    Declared: 'Erklärt',
    Escaped: 'Entkommen',
    NotProbed: 'Nicht versucht',
    Selected: 'Gewählt',
    Combined: 'Kombiniert',
    NotCombined: 'Nicht kombiniert',
    Unreachable: 'Nicht erreichbar',
    Unsteady: 'Schwankend',
  },
};
