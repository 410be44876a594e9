/** What kinds of the group storage.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    pool: 'Pool',
    'volume uid': 'UID des Datenträgers',
    shared: 'Gemeinsam',
    'made at': 'Angelegt am',
    'attached to': 'Angehängt an',
    encrypted: 'Verschlüsselt',
  },
  descriptions: {
    'A volume at one moment, to restore or to clone. It is deleted with its volume.':
      'Ein Datenträger zu einem Zeitpunkt, zum Wiederherstellen oder Klonen. Wird mit dem Datenträger gelöscht.',
    'Name of the volume that it keeps. It cannot be changed.':
      'Name des Datenträgers, den er festhält. Lässt sich nicht ändern.',
    'The very volume it was taken of.': 'Genau der Datenträger, von dem er stammt.',
    'Of the volume.': 'Des Datenträgers.',
    'Of the volume then: a clone needs at least as much.':
      'Des Datenträgers damals: Ein Klon braucht mindestens so viel.',
    'When the volume was as it is kept.': 'Wann der Datenträger so war, wie er festgehalten ist.',
    'What it keeps.': 'Was er festhält.',
    'Of the volume then.': 'Des Datenträgers damals.',
    'Storage of the project that instances have by naming it in spec.volumes, and that stays when they go. The condition Encrypted says whether it is encrypted where it lies.':
      'Speicher des Projekts, den Instanzen haben, indem sie ihn in spec.volumes nennen, und der bleibt, wenn sie verschwinden. Die Bedingung Encrypted sagt, ob er dort verschlüsselt ist, wo er liegt.',
    'filesystem: instances see its files below a path. block: virtual machines see a disk of its own, and make of it what they like. It cannot be changed.':
      'filesystem: Instanzen sehen seine Dateien unter einem Pfad. block: Virtuelle Maschinen sehen eine eigene Festplatte und machen daraus, was sie wollen. Lässt sich nicht ändern.',
    'How much it holds, from 16Mi to 16Ti. It grows while instances have it, of type block while no running one has it, and never shrinks. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Wie viel er fasst, von 16Mi bis 16Ti. Er wächst, während Instanzen ihn haben, bei der Art block, während keine laufende ihn hat, und wird nie kleiner. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'Whether several instances may have it at once, all of them reading and writing the same files. Left out: one at a time. Not for type block.':
      'Ob mehrere Instanzen ihn zugleich haben dürfen, die alle dieselben Dateien lesen und schreiben. Ohne Angabe: immer nur eine. Nicht für die Art block.',
    'Begin as a copy of one of these, instead of empty. It cannot be changed.':
      'Als Kopie von einem von diesen beginnen, statt leer. Lässt sich nicht ändern.',
    'Name of a VolumeSnapshot of the project.': 'Name eines Datenträger-Snapshots des Projekts.',
    'Name of a Volume of the project, as it is at that moment. What a running instance has not written out yet is missing.':
      'Name eines Datenträgers des Projekts, wie er in dem Moment ist. Was eine laufende Instanz noch nicht geschrieben hat, fehlt.',
    'Name of a VolumeSnapshot of this volume: when it changes, the volume is put back to it once, which takes that no instance has it. To restore the same again, take it out and set it anew.':
      'Name eines Snapshots dieses Datenträgers: Wenn er sich ändert, wird der Datenträger einmal darauf zurückgesetzt; keine Instanz darf ihn dabei haben. Um denselben noch einmal wiederherzustellen, nehmen Sie ihn heraus und setzen ihn neu.',
    'When it was made, to its end.': 'Wann er fertig angelegt war.',
    'What it holds now.': 'Wie viel er jetzt fasst.',
    'Where it lies, if that is not where instances’ disks lie: the engine’s name of it.':
      'Wo er liegt, falls nicht dort, wo die Festplatten der Instanzen liegen: wie die Engine es nennt.',
    'The instances of the project that have it.': 'Die Instanzen des Projekts, die ihn haben.',
    'What writes its content now, out of a backup. Until that is done no instance gets it.':
      'Was jetzt seinen Inhalt aus einer Sicherung schreibt. Bis das fertig ist, bekommt ihn keine Instanz.',
    'Files, or a disk.': 'Dateien, oder eine Festplatte.',
    'How much it holds.': 'Wie viel er fasst.',
    'The instances that have it.': 'Die Instanzen, die ihn haben.',
    'Whether it is encrypted where it lies.': 'Ob er dort verschlüsselt ist, wo er liegt.',
  },
  values: {
    filesystem: 'Dateisystem',
  },
};
