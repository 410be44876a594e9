/** What kinds of the group compute.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'started at': 'Démarrée le',
    architecture: 'Architecture',
    family: 'Famille',
    osfamily: 'Famille de système',
    minimums: 'Minimums',
    memory: 'Mémoire',
    disk: 'Disque',
    cpu: 'Processeurs',
    'ssh keys': 'Clés SSH',
    'user data': 'Données utilisateur (cloud-init)',
    'power state': 'État de marche',
    'restarted at': 'Redémarrage demandé le',
    'image fingerprint': 'Empreinte de l’image',
    addresses: 'Adresses',
    mac: 'Adresse MAC',
    device: 'Périphérique',
    'instance uid': 'Uid de l’instance',
    found: 'Trouvé',
    realm: 'Domaine',
    'engine project': 'Projet du moteur',
    'engine name': 'Nom dans le moteur',
    'engine pool': 'Pool dans le moteur',
    pool: 'Pool',
    'adopt as': 'Reprendre sous le nom',
    called: 'S’appelait',
    made: 'Créé',
  },
  descriptions: {
    'What instances start from. Images are the region’s catalogue: operators add them from files whose digest they state.':
      'Ce à partir de quoi démarrent les instances. Les images sont le catalogue de la région : les opérateurs y ajoutent des fichiers dont ils indiquent l’empreinte.',
    'For people.': 'Pour les personnes.',
    'What it can be started as.': 'Sous quelle forme elle peut démarrer.',
    'Of the machines that can run it.': 'Des machines qui peuvent l’exécuter.',
    'Instances that name a family start from the newest image of it.':
      'Les instances qui nomment une famille démarrent de son image la plus récente.',
    'debian, alpine, …': 'debian, alpine, …',
    'Where it comes from. It cannot be changed: a new file is a new image.':
      'D’où elle vient. Ne peut pas changer : un nouveau fichier est une nouvelle image.',
    'Name of the image file in the region’s image folder: an Incus unified tarball.':
      'Nom du fichier d’image dans le dossier d’images de la région : une archive tar unifiée d’Incus.',
    'SHA-256 of the file, in lower-case hex.': 'SHA-256 du fichier, en hexadécimal minuscule.',
    'What an instance of it needs at least.': 'Ce qu’il faut au moins à une instance de cette image.',
    'Least memory of an instance. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Mémoire minimale d’une instance. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'Smallest disk of an instance. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Disque minimal d’une instance. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'The engine’s name of it.': 'Le nom que lui donne le moteur.',
    'The engine’s pool that it lies in, of a volume.': 'Pour un volume : le pool du moteur où il se trouve.',
    'Bytes of the image file.': 'Octets du fichier d’image.',
    'Where the newest one counts.': 'Là où compte la plus récente.',
    'What it starts as.': 'Sous quelle forme elle démarre.',
    'Of the machine.': 'De la machine.',
    'A machine of the project: a system container or a virtual machine, with its own disk, addresses, and users.':
      'Une machine du projet : un conteneur système ou une machine virtuelle, avec son propre disque, ses adresses et ses utilisateurs.',
    'container shares the host’s kernel and starts in a second; virtual-machine has its own and needs KVM. It cannot be changed.':
      'container partage le noyau de l’hôte et démarre en une seconde ; virtual-machine a le sien et requiert KVM. Ne peut pas changer.',
    'Name of an Image to start from, or of a family of images: the newest of it. It cannot be changed.':
      'Nom d’une image de départ, ou d’une famille d’images : la plus récente est prise. Ne peut pas changer.',
    'Instead of image: start as a clone of a snapshot. It cannot be changed.':
      'Au lieu d’une image : démarrer comme clone d’un instantané. Ne peut pas changer.',
    'Name of an InstanceSnapshot of the project.': 'Nom d’un instantané d’instance du projet.',
    'Virtual CPUs, a whole number. Changed while it runs. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Processeurs virtuels, en nombre entier. Modifiable pendant la marche. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'Memory, at least 128Mi. Changed while it runs; of a virtual machine at its next start, see restartedAt. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Mémoire, au moins 128Mi. Modifiable pendant la marche ; pour une machine virtuelle, à son prochain démarrage, voir restartedAt. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'Size of the disk, at least 1Gi. It can grow, while it runs (a virtual machine sees it from its next start on), and never shrink. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Taille du disque, au moins 1Gi. Il peut grandir pendant la marche (une machine virtuelle le voit à partir de son prochain démarrage), et ne rétrécit jamais. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'The networks it is on, each once, in the order of its interfaces eth0, eth1, … Whoever applies some of them leaves the others alone.':
      'Les réseaux auxquels elle est reliée, chacun une fois, dans l’ordre de ses interfaces eth0, eth1, … Qui en applique certains ne touche pas aux autres.',
    'Name of a Network of the project.': 'Nom d’un réseau du projet.',
    'A fixed IPv4 address of that network. Left out, the lowest free one is taken.':
      'Une adresse IPv4 fixe de ce réseau. Sans elle, la plus basse adresse libre est prise.',
    'The volumes it has, each once, beside its own disk. They come and go while it runs, and stay when it is deleted. Stop what uses one before it is taken out: a program keeps the files that it has open.':
      'Les volumes qu’elle a, chacun une fois, en plus de son propre disque. Ils vont et viennent pendant la marche, et restent quand elle est supprimée. Arrêtez ce qui utilise un volume avant de le retirer : un programme garde les fichiers qu’il a ouverts.',
    'Name of a Volume of the project.': 'Nom d’un volume du projet.',
    'Where its files are in the instance, such as /srv/data. Only for type filesystem; one of type block is found at the device that status.volumes tells.':
      'Où sont ses fichiers dans l’instance, par exemple /srv/data. Seulement pour le type filesystem ; un volume de type block se trouve au périphérique qu’indique status.volumes.',
    'Whether the instance may only read it.': 'Si l’instance peut seulement le lire.',
    'Public keys in OpenSSH’s form that may log in as the image’s user (Debian: debian). Taken at the first start; cannot be changed.':
      'Clés publiques au format d’OpenSSH qui peuvent se connecter comme l’utilisateur de l’image (Debian : debian). Prises au premier démarrage ; ne peuvent pas changer.',
    'What cloud-init does at the first start: a #cloud-config document or a script. Cannot be changed.':
      'Ce que fait cloud-init au premier démarrage : un document #cloud-config ou un script. Ne peut pas changer.',
    'Name of a ServiceAccount of the project that root of the instance gets short-lived tokens of, at the gateway of its networks. Whoever sets it must be allowed to get such tokens.':
      'Nom d’un compte de service du projet dont root, dans l’instance, obtient des jetons de courte durée, à la passerelle de ses réseaux. Qui le définit doit avoir le droit d’obtenir de tels jetons.',
    'Whether it should run. An instance that stops by itself is started again while this says Running.':
      'Si elle doit être en marche. Une instance qui s’arrête d’elle-même est redémarrée tant que ce champ dit Running.',
    'Set it to the time of day to have the instance restarted once.':
      'Indiquez l’heure actuelle pour faire redémarrer l’instance une fois.',
    'Name of an InstanceSnapshot of this instance: when it changes, the disk is put back to it once. To restore the same again, take it out and set it anew.':
      'Nom d’un instantané de cette instance : quand il change, le disque y est ramené une fois. Pour restaurer encore le même, retirez-le puis remettez-le.',
    'Where it is in its life.': 'Où elle en est dans sa vie.',
    'The host it is on.': 'L’hôte sur lequel elle se trouve.',
    'The image it was made from, exactly.': 'L’image dont elle a été faite, exactement.',
    'In the order of spec.networks.': 'Dans l’ordre de spec.networks.',
    'Its own for as long as it is on that network.': 'La sienne, aussi longtemps qu’elle est sur ce réseau.',
    'The volumes that nobody else gets now: those it has, and those that it has not let go of.':
      'Les volumes que personne d’autre n’obtient en ce moment : ceux qu’elle a, et ceux qu’elle n’a pas encore lâchés.',
    'The very volume.': 'Ce volume précis.',
    'Of type block: where the instance finds it.': 'Pour le type block : où l’instance le trouve.',
    'The volume’s own status.pool.': 'Le status.pool du volume lui-même.',
    'When it was last started.': 'Quand elle a démarré pour la dernière fois.',
    'The spec.restartedAt that was last acted on.': 'Le dernier spec.restartedAt pris en compte.',
    'What writes its disk now, out of a backup. Until that is done it does not run.':
      'Ce qui écrit son disque en ce moment, depuis une sauvegarde. Jusqu’à la fin, elle ne fonctionne pas.',
    'Its first address.': 'Sa première adresse.',
    'Virtual CPUs.': 'Processeurs virtuels.',
    'Memory.': 'Mémoire.',
    'What it started from.': 'Ce à partir de quoi elle a démarré.',
    'Container or machine.': 'Conteneur ou machine.',
    'Size of the disk.': 'Taille du disque.',
    'The disk of an instance at one moment, to restore or to clone. It is deleted with its instance.':
      'Le disque d’une instance à un instant donné, à restaurer ou à cloner. Il est supprimé avec son instance.',
    'Name of the instance whose disk it keeps. It cannot be changed.':
      'Nom de l’instance dont il garde le disque. Ne peut pas changer.',
    'The very instance it was taken of.': 'L’instance précise dont il a été pris.',
    'Of the instance.': 'De l’instance.',
    'Size of the disk then: a clone needs at least as much.':
      'Taille du disque à ce moment : un clone en requiert au moins autant.',
    'When the disk was as it is kept.': 'Quand le disque était tel qu’il est gardé.',
    'Whose disk it keeps.': 'Dont il garde le disque.',
    'An instance or a volume from before the region was restored, which nothing accounts for since. It is kept until spec.decision says what becomes of it.':
      'Une instance ou un volume d’avant la restauration de la région, que plus rien ne justifie depuis. Il est gardé jusqu’à ce que spec.decision dise ce qu’il devient.',
    'What the engine holds. It cannot be changed.': 'Ce que détient le moteur. Ne peut pas changer.',
    'Whose it was, such as /orgs/acme.': 'À qui il était, par exemple /orgs/acme.',
    'In which project.': 'Dans quel projet.',
    'What it was called there.': 'Comment il s’y appelait.',
    'Its uid, which it has again once it is adopted.': 'Son uid, qu’il retrouve une fois repris.',
    'The engine’s project.': 'Le projet du moteur.',
    'Of its disk.': 'De son disque.',
    'When the engine made it.': 'Quand le moteur l’a créé.',
    'Adopt: the organization gets it back, as an object of its own. Remove: it is deleted with all that is on it, which takes the approval of somebody else. Left out: it stays as it is.':
      'Adopt : l’organisation le récupère, comme un objet à elle. Remove : il est supprimé avec tout ce qu’il contient, ce qui demande l’approbation de quelqu’un d’autre. Sans valeur : il reste tel quel.',
    'Under which name it is given back; default: what it was called, if nothing else is by now.':
      'Sous quel nom il est rendu ; par défaut celui qu’il avait, si rien d’autre ne le porte entre-temps.',
    'Whose it was.': 'À qui il était.',
    'There.': 'À cet endroit.',
    'What becomes of it.': 'Ce qu’il devient.',
  },
  values: {
    Running: 'En marche',
    container: 'Conteneur',
    'virtual-machine': 'Machine virtuelle',
    Stopped: 'Arrêtée',
    Creating: 'En création',
    Starting: 'Démarre',
    Stopping: 'S’arrête',
    Deleting: 'En suppression',
    Instance: 'Instance',
    Volume: 'Volume',
    Adopt: 'Reprendre',
    Remove: 'Supprimer',
  },
};
