// What the helper runs that listens on the sockets of sd_notify: Node opens no datagram sockets of the unix domain, perl does, and its
// base is part of nearly every machine. It needs no module but Socket and Fcntl.
//
// Orders, one a line:    bind KEY PATH MODE UID GID     free KEY     sync KEY          (PATH in hex)
// Answers, one a line:   bound KEY     failed KEY WORDS     said KEY COUNT TEXT     synced KEY     (TEXT in hex; COUNT datagrams made it)
// `synced` comes when all that was there has been told.
//
// It reads whatever comes at once, so that no service ever waits in sd_notify, neither for us nor for a flood of its own; what comes
// faster than it may be told, or than we read, becomes one text with the newest of each kind. At the end of its stdin it ends: it never
// outlives an agent. What ends of it, the sockets' files stay, and the next one binds them anew.

/** Texts that are told of one socket within a second. */
export const TOLD_A_SECOND = 50;

export const HELPER = String.raw`# Listens for the tailherd agent on the sockets of sd_notify; ends with it.
use strict;
use Socket qw(PF_UNIX SOCK_DGRAM MSG_DONTWAIT pack_sockaddr_un);
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);

my (%sockets, @by_fd, %held);
my ($orders, $answers, $listen) = ('', '', '');

for (\*STDIN, \*STDOUT) {
  fcntl $_, F_SETFL, (fcntl $_, F_GETFL, 0) | O_NONBLOCK;
}
vec($listen, fileno STDIN, 1) = 1;

sub let_go {
  my $socket = delete $sockets{$_[0]} or return;
  my $fd = fileno $socket->{handle};
  vec($listen, $fd, 1) = 0;
  undef $by_fd[$fd];
  delete $held{$_[0]};
  close $socket->{handle};
}

sub directory_of { $_[0] =~ m{^(.*)/} ? $1 : '.' }
# Which file this is: one of the same name may be the next helper's.
sub file_of { join ' ', (lstat $_[0])[0, 1] }

sub listen_on {
  my ($key, $hex, $mode, $uid, $gid) = @_;
  my $path = pack 'H*', $hex;
  my $directory = directory_of($path);
  let_go($key);
  socket my $handle, PF_UNIX, SOCK_DGRAM, 0 or return "socket: $!";
  my ($bound, $words);
  # A helper before may just be removing the directory.
  for (1 .. 5) {
    if (mkdir $directory, oct $mode) { chmod oct $mode, $directory }
    my @found = lstat $directory;
    $words = "$directory: $!";
    next unless @found;
    return "$directory: is no directory of our own" unless -d _ && $found[4] == $>;
    unlink $path;
    umask 0177;
    $bound = bind $handle, pack_sockaddr_un($path);
    $words = "$path: $!";
    umask 077;
    last if $bound;
  }
  return $words unless $bound;
  unless ($uid == $> || chown $uid, $gid, $path) { return "$path: $!" }
  my $fd = fileno $handle;
  vec($listen, $fd, 1) = 1;
  $by_fd[$fd] = $key;
  $sockets{$key} = { path => $path, file => file_of($path), handle => $handle, lines => [], count => 0, second => 0, left => 0 };
  return undef;
}

sub obey {
  my ($order, $key, @rest) = split / /, $_[0];
  if ($order eq 'bind') {
    my $words = listen_on($key, @rest);
    $words =~ tr/\n/ / if defined $words;
    $answers .= defined $words ? "failed $key $words\n" : "bound $key\n";
  } elsif ($order eq 'free') {
    my ($path, $file) = @{$sockets{$key} || {}}{'path', 'file'};
    let_go($key);
    return unless defined $path;
    unlink $path if file_of($path) eq $file;
    rmdir directory_of($path);
  } elsif ($order eq 'sync') {
    # More than a queue holds; a flood has no end.
    for (1 .. 16) { hear($key) or last }
    $sockets{$key}{left} = 1 if $held{$key};
    pass_on($key) if $held{$key};
    $answers .= "synced $key\n";
  }
}

sub hear {
  my $key = $_[0];
  my $socket = $sockets{$key} or return 0;
  my $count = 0;
  # Not all that is there: others have something to say too.
  while ($count < 64) {
    defined recv $socket->{handle}, my $text, 4096, MSG_DONTWAIT or last;
    $count += 1;
    my $lines = $socket->{lines};
    my $known = 0;
    for my $line (split /\n/, $text) {
      $line =~ /^(READY=1$|RELOADING=1$|STOPPING=1$|WATCHDOG=1$|WATCHDOG=trigger$|STATUS=)/ or next;
      my $kind = $1;
      @$lines = grep { $_->[0] ne $kind } @$lines if @$lines;
      push @$lines, [$kind, substr $line, 0, 2048];
      $known = 1;
    }
    next unless $known;
    $socket->{count} += 1;
    $held{$key} = 1;
    pass_on($key);
  }
  return $count;
}

sub pass_on {
  my $key = $_[0];
  my $socket = $sockets{$key};
  my $now = time;
  if ($socket->{second} != $now) { @$socket{'second', 'left'} = ($now, ${TOLD_A_SECOND}) }
  return if $socket->{left} < 1 || length $answers > 65536;
  $socket->{left} -= 1;
  my $text = join "\n", map { $_->[1] } @{$socket->{lines}};
  $answers .= "said $key $socket->{count} " . unpack('H*', $text) . "\n";
  $socket->{lines} = [];
  $socket->{count} = 0;
  delete $held{$key};
}

my $orders_only = '';
vec($orders_only, fileno STDIN, 1) = 1;
while (1) {
  my $writes = '';
  vec($writes, fileno STDOUT, 1) = 1 if $answers ne '';
  my $found = select my $ready = $listen, $writes, undef, %held ? 0.1 : undef;
  my $most = 0;
  if ($found > 0) {
    if (vec $ready, fileno STDIN, 1) {
      my $read = sysread STDIN, $orders, 65536, length $orders;
      exit if defined $read && $read == 0;
      while ($orders =~ s/^([^\n]*)\n//) { obey($1) }
      vec($ready, fileno STDIN, 1) = 0;
    }
    my $bits = unpack 'b*', $ready;
    for (my $fd = index $bits, '1'; $fd >= 0; $fd = index $bits, '1', $fd + 1) {
      my $count = defined $by_fd[$fd] ? hear($by_fd[$fd]) : 0;
      $most = $count if $count > $most;
    }
  }
  pass_on($_) for keys %held;
  if ($answers ne '') {
    my $written = syswrite STDOUT, $answers;
    substr($answers, 0, $written) = '' if $written;
  }
  # To look at hundreds of sockets costs more than to hear one: where nobody says much, what comes within a moment is heard together.
  my $nap = keys(%sockets) * 0.00005;
  if ($most < 4 && $nap > 0.002) {
    select my $order = $orders_only, undef, undef, $nap < 0.025 ? $nap : 0.025;
  }
}
`;
