#include "events/model.h"
