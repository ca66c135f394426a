// Keeps other runs away from the same destination, whose unfinished files they would remove.
#pragma once

namespace lifeboat::mover {

class DestinationLock {
  public:
    // `directory` is the open destination root; it outlives this. Where the file system cannot
    // lock, nothing does; on NFS it keeps away the runs of this machine only. Throws
    // Error{Unavailable, "DestinationBusy"} while another run holds it.
    explicit DestinationLock(int directory);
    ~DestinationLock();
    DestinationLock(const DestinationLock&) = delete;
    DestinationLock& operator=(const DestinationLock&) = delete;

  private:
    int directory_;
};

}  // namespace lifeboat::mover
