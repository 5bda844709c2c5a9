#include "commandhandler/client.h"
