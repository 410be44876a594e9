/** What kinds of the group compute.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'started at': 'Gestartet am',
    architecture: 'Architektur',
    family: 'Familie',
    osfamily: 'Systemfamilie',
    minimums: 'Mindestwerte',
    memory: 'Arbeitsspeicher',
    disk: 'Festplatte',
    cpu: 'Prozessoren',
    'ssh keys': 'SSH-Schlüssel',
    'user data': 'Benutzerdaten (cloud-init)',
    'power state': 'Betriebszustand',
    'restarted at': 'Neustart verlangt am',
    'image fingerprint': 'Fingerabdruck des Images',
    addresses: 'Adressen',
    mac: 'MAC-Adresse',
    device: 'Gerät',
    'instance uid': 'UID der Instanz',
    found: 'Gefunden',
    realm: 'Bereich',
    'engine project': 'Projekt der Engine',
    'engine name': 'Name in der Engine',
    'engine pool': 'Pool in der Engine',
    pool: 'Pool',
    'adopt as': 'Übernehmen als',
    called: 'Hieß',
    made: 'Angelegt',
  },
  descriptions: {
    'What instances start from. Images are the region’s catalogue: operators add them from files whose digest they state.':
      'Woraus Instanzen starten. Images sind der Katalog der Region: Betreiber fügen Dateien hinzu, deren Prüfsumme sie angeben.',
    'For people.': 'Für Menschen.',
    'What it can be started as.': 'Als was es gestartet werden kann.',
    'Of the machines that can run it.': 'Der Maschinen, auf denen es läuft.',
    'Instances that name a family start from the newest image of it.':
      'Instanzen, die eine Familie nennen, starten aus ihrem neuesten Image.',
    'debian, alpine, …': 'debian, alpine, …',
    'Where it comes from. It cannot be changed: a new file is a new image.':
      'Woher es kommt. Lässt sich nicht ändern: Eine neue Datei ist ein neues Image.',
    'Name of the image file in the region’s image folder: an Incus unified tarball.':
      'Name der Image-Datei im Image-Ordner der Region: ein vereintes Incus-Tar-Archiv.',
    'SHA-256 of the file, in lower-case hex.': 'SHA-256 der Datei, hexadezimal in Kleinbuchstaben.',
    'What an instance of it needs at least.': 'Was eine Instanz davon mindestens braucht.',
    'Least memory of an instance. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Kleinster Arbeitsspeicher einer Instanz. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'Smallest disk of an instance. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Kleinste Festplatte einer Instanz. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'The engine’s name of it.': 'Wie die Engine es nennt.',
    'The engine’s pool that it lies in, of a volume.':
      'Bei einem Datenträger: der Pool der Engine, in dem er liegt.',
    'Bytes of the image file.': 'Bytes der Image-Datei.',
    'Where the newest one counts.': 'Wo das neueste zählt.',
    'What it starts as.': 'Als was es startet.',
    'Of the machine.': 'Der Maschine.',
    'A machine of the project: a system container or a virtual machine, with its own disk, addresses, and users.':
      'Eine Maschine des Projekts: ein Systemcontainer oder eine virtuelle Maschine, mit eigener Festplatte, Adressen und Benutzern.',
    'container shares the host’s kernel and starts in a second; virtual-machine has its own and needs KVM. It cannot be changed.':
      'container teilt den Kernel des Hosts und startet in einer Sekunde; virtual-machine hat einen eigenen und braucht KVM. Lässt sich nicht ändern.',
    'Name of an Image to start from, or of a family of images: the newest of it. It cannot be changed.':
      'Name eines Images, aus dem gestartet wird, oder einer Familie von Images: das neueste davon. Lässt sich nicht ändern.',
    'Instead of image: start as a clone of a snapshot. It cannot be changed.':
      'Statt eines Images: als Klon eines Snapshots starten. Lässt sich nicht ändern.',
    'Name of an InstanceSnapshot of the project.': 'Name eines Instanz-Snapshots des Projekts.',
    'Virtual CPUs, a whole number. Changed while it runs. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Virtuelle CPUs, eine ganze Zahl. Im laufenden Betrieb änderbar. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'Memory, at least 128Mi. Changed while it runs; of a virtual machine at its next start, see restartedAt. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Arbeitsspeicher, mindestens 128Mi. Im laufenden Betrieb änderbar; bei einer virtuellen Maschine beim nächsten Start, siehe restartedAt. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'Size of the disk, at least 1Gi. It can grow, while it runs (a virtual machine sees it from its next start on), and never shrink. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Größe der Festplatte, mindestens 1Gi. Sie kann im laufenden Betrieb wachsen (eine virtuelle Maschine sieht das ab dem nächsten Start) und wird nie kleiner. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'The networks it is on, each once, in the order of its interfaces eth0, eth1, … Whoever applies some of them leaves the others alone.':
      'Die Netze, an denen sie hängt, jedes einmal, in der Reihenfolge ihrer Schnittstellen eth0, eth1, … Wer einige davon anwendet, lässt die anderen unberührt.',
    'Name of a Network of the project.': 'Name eines Netzes des Projekts.',
    'A fixed IPv4 address of that network. Left out, the lowest free one is taken.':
      'Eine feste IPv4-Adresse dieses Netzes. Ohne Angabe wird die niedrigste freie genommen.',
    'The volumes it has, each once, beside its own disk. They come and go while it runs, and stay when it is deleted. Stop what uses one before it is taken out: a program keeps the files that it has open.':
      'Die Datenträger, die sie hat, jeden einmal, neben der eigenen Festplatte. Sie kommen und gehen im laufenden Betrieb und bleiben, wenn die Instanz gelöscht wird. Beenden Sie, was einen Datenträger nutzt, bevor Sie ihn herausnehmen: Ein Programm behält die Dateien, die es geöffnet hat.',
    'Name of a Volume of the project.': 'Name eines Datenträgers des Projekts.',
    'Where its files are in the instance, such as /srv/data. Only for type filesystem; one of type block is found at the device that status.volumes tells.':
      'Wo seine Dateien in der Instanz liegen, zum Beispiel /srv/data. Nur für die Art filesystem; einer der Art block ist an dem Gerät zu finden, das status.volumes nennt.',
    'Whether the instance may only read it.': 'Ob die Instanz ihn nur lesen darf.',
    'Public keys in OpenSSH’s form that may log in as the image’s user (Debian: debian). Taken at the first start; cannot be changed.':
      'Öffentliche Schlüssel im Format von OpenSSH, die sich als Benutzer des Images anmelden dürfen (Debian: debian). Beim ersten Start übernommen; lassen sich nicht ändern.',
    'What cloud-init does at the first start: a #cloud-config document or a script. Cannot be changed.':
      'Was cloud-init beim ersten Start tut: ein Dokument #cloud-config oder ein Skript. Lässt sich nicht ändern.',
    'Name of a ServiceAccount of the project that root of the instance gets short-lived tokens of, at the gateway of its networks. Whoever sets it must be allowed to get such tokens.':
      'Name eines Dienstkontos des Projekts, für das root der Instanz am Gateway ihrer Netze kurzlebige Token bekommt. Wer es setzt, muss solche Token bekommen dürfen.',
    'Whether it should run. An instance that stops by itself is started again while this says Running.':
      'Ob sie laufen soll. Eine Instanz, die von selbst anhält, wird wieder gestartet, solange hier Running steht.',
    'Set it to the time of day to have the instance restarted once.':
      'Setzen Sie die aktuelle Zeit, um die Instanz einmal neu zu starten.',
    'Name of an InstanceSnapshot of this instance: when it changes, the disk is put back to it once. To restore the same again, take it out and set it anew.':
      'Name eines Snapshots dieser Instanz: Wenn er sich ändert, wird die Festplatte einmal darauf zurückgesetzt. Um denselben noch einmal wiederherzustellen, nehmen Sie ihn heraus und setzen ihn neu.',
    'Where it is in its life.': 'Wo sie in ihrem Leben steht.',
    'The host it is on.': 'Der Host, auf dem sie ist.',
    'The image it was made from, exactly.': 'Das Image, aus dem sie gemacht wurde, genau.',
    'In the order of spec.networks.': 'In der Reihenfolge von spec.networks.',
    'Its own for as long as it is on that network.': 'Ihre eigene, solange sie in diesem Netz ist.',
    'The volumes that nobody else gets now: those it has, and those that it has not let go of.':
      'Die Datenträger, die jetzt niemand sonst bekommt: die, die sie hat, und die, die sie noch nicht freigegeben hat.',
    'The very volume.': 'Genau dieser Datenträger.',
    'Of type block: where the instance finds it.': 'Bei der Art block: wo die Instanz ihn findet.',
    'The volume’s own status.pool.': 'status.pool des Datenträgers selbst.',
    'When it was last started.': 'Wann sie zuletzt gestartet wurde.',
    'The spec.restartedAt that was last acted on.': 'Das zuletzt ausgeführte spec.restartedAt.',
    'What writes its disk now, out of a backup. Until that is done it does not run.':
      'Was jetzt ihre Festplatte aus einer Sicherung schreibt. Bis das fertig ist, läuft sie nicht.',
    'Its first address.': 'Die erste Adresse.',
    'Virtual CPUs.': 'Virtuelle CPUs.',
    'Memory.': 'Arbeitsspeicher.',
    'What it started from.': 'Woraus sie gestartet ist.',
    'Container or machine.': 'Container oder Maschine.',
    'Size of the disk.': 'Größe der Festplatte.',
    'The disk of an instance at one moment, to restore or to clone. It is deleted with its instance.':
      'Die Festplatte einer Instanz zu einem Zeitpunkt, zum Wiederherstellen oder Klonen. Wird mit der Instanz gelöscht.',
    'Name of the instance whose disk it keeps. It cannot be changed.':
      'Name der Instanz, deren Festplatte er festhält. Lässt sich nicht ändern.',
    'The very instance it was taken of.': 'Genau die Instanz, von der er stammt.',
    'Of the instance.': 'Der Instanz.',
    'Size of the disk then: a clone needs at least as much.':
      'Größe der Festplatte damals: Ein Klon braucht mindestens so viel.',
    'When the disk was as it is kept.': 'Wann die Festplatte so war, wie sie festgehalten ist.',
    'Whose disk it keeps.': 'Wessen Festplatte er festhält.',
    'An instance or a volume from before the region was restored, which nothing accounts for since. It is kept until spec.decision says what becomes of it.':
      'Eine Instanz oder ein Datenträger aus der Zeit vor der Wiederherstellung der Region, für die seitdem nichts mehr steht. Sie werden behalten, bis spec.decision sagt, was daraus wird.',
    'What the engine holds. It cannot be changed.': 'Was die Engine hat. Lässt sich nicht ändern.',
    'Whose it was, such as /orgs/acme.': 'Wem es gehörte, zum Beispiel /orgs/acme.',
    'In which project.': 'In welchem Projekt.',
    'What it was called there.': 'Wie es dort hieß.',
    'Its uid, which it has again once it is adopted.': 'Die uid, die es nach der Übernahme wieder hat.',
    'The engine’s project.': 'Das Projekt der Engine.',
    'Of its disk.': 'Der Festplatte.',
    'When the engine made it.': 'Wann die Engine es angelegt hat.',
    'Adopt: the organization gets it back, as an object of its own. Remove: it is deleted with all that is on it, which takes the approval of somebody else. Left out: it stays as it is.':
      'Adopt: Die Organisation bekommt es zurück, als eigenes Objekt. Remove: Es wird mit allem darauf gelöscht, wofür jemand anderes zustimmen muss. Ohne Angabe: Es bleibt, wie es ist.',
    'Under which name it is given back; default: what it was called, if nothing else is by now.':
      'Unter welchem Namen es zurückgegeben wird; Vorgabe: wie es hieß, wenn inzwischen nichts anderes so heißt.',
    'Whose it was.': 'Wem es gehörte.',
    'There.': 'Dort.',
    'What becomes of it.': 'Was daraus wird.',
  },
  values: {
    Running: 'Läuft',
    container: 'Container',
    'virtual-machine': 'Virtuelle Maschine',
    Stopped: 'Gestoppt',
    Creating: 'Wird angelegt',
    Starting: 'Startet',
    Stopping: 'Stoppt',
    Deleting: 'Wird gelöscht',
    Instance: 'Instanz',
    Volume: 'Datenträger',
    Adopt: 'Übernehmen',
    Remove: 'Löschen',
  },
};
